"""What somebody hears when an update of theirs is not done."""

from bot.views.language import N_

#: For everything that is no fault of the person.
WENT_WRONG = N_("Something went wrong here. Try again in a minute.")
TOO_FAST = N_("That was a lot at once. Wait a minute, then send the last one again.")
