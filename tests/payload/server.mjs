// A plain Node HTTP server in front of Payload's own REST handler (`handleEndpoints`). No Next.js.
// Prints `READY http://HOST:PORT/api` once it answers.
import http from 'node:http'
import fs from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const startedAt = process.hrtime.bigint()
const { startPayload, stopPayload, settings } = await import('./lib/instance.mjs')
const { handleEndpoints } = await import('payload')

const { payload, config, created } = await startPayload()
const origin = `http://${settings.host}` // only completes the paths of requests

function toWebRequest(req, signal) {
  const headers = new Headers()
  for (let i = 0; i < req.rawHeaders.length; i += 2) headers.append(req.rawHeaders[i], req.rawHeaders[i + 1])
  const init = { method: req.method, headers, signal }
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    init.body = Readable.toWeb(req)
    init.duplex = 'half'
  }
  return new Request(new URL(req.url, origin), init)
}

const accessLog = process.env.ACCESS_LOG ? fs.createWriteStream(process.env.ACCESS_LOG, { flags: 'a' }) : null

const server = http.createServer(async (req, res) => {
  const began = process.hrtime.bigint()
  const gone = new AbortController()
  res.on('close', () => {
    if (!res.writableFinished) gone.abort()
    if (accessLog) {
      const ms = Number(process.hrtime.bigint() - began) / 1e6
      accessLog.write(`${JSON.stringify({ at: new Date().toISOString(), method: req.method, url: req.url, status: res.statusCode, ms: Math.round(ms * 10) / 10 })}\n`)
    }
  })
  try {
    if (req.method === 'GET' && req.url === '/healthz') {
      res.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
      return
    }
    const response = await handleEndpoints({ config, request: toWebRequest(req, gone.signal) })
    res.statusCode = response.status
    response.headers.forEach((value, key) => {
      if (key !== 'set-cookie') res.setHeader(key, value)
    })
    const cookies = response.headers.getSetCookie()
    if (cookies.length) res.setHeader('set-cookie', cookies)
    if (response.body) await pipeline(Readable.fromWeb(response.body), res)
    else res.end()
  } catch (error) {
    if (gone.signal.aborted) return
    process.stderr.write(`${error?.stack || error}\n`)
    if (!res.headersSent) res.writeHead(500, { 'content-type': 'application/json' })
    res.end('{"errors":[{"message":"harness failure"}]}')
  }
})

// Payload 3.90.2 can leave a rejected promise unattended while answering a forbidden query (seen: sort= on a path
// through an unreadable collection). Next.js logs such rejections and carries on; so does this server.
process.on('unhandledRejection', (reason) => {
  process.stderr.write(`unhandled rejection: ${reason?.message || reason}\n`)
})

let stopping = false
async function stop() {
  if (stopping) return
  stopping = true
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await stopPayload(payload).catch(() => {})
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
if (process.env.STOP_WITH_PARENT === 'true') process.stdin.on('end', stop).resume() // its end of the pipe closed: it is gone

server.on('error', (error) => {
  process.stderr.write(`cannot listen on ${settings.host}:${settings.port}: ${error.message}\n`)
  process.exit(1)
})
server.keepAliveTimeout = 120_000 // a test may think longer than Node's 5 s between two requests
server.listen(settings.port, settings.host, () => {
  const { port } = server.address()
  const seconds = (Number(process.hrtime.bigint() - startedAt) / 1e9).toFixed(2)
  const tables = created ? 'created' : 'present'
  console.log(`READY http://${settings.host}:${port}/api tables=${tables} seconds=${seconds}`)
})
