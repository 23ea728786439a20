"""Jobs as people see them: what they call one, who sees which, and what stands in chats."""
