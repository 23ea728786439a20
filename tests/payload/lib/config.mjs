// The Payload configuration that plays "Attic Tech". Everything a client sees over REST comes from
// Payload itself; this file only declares collections, access rules and the database.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildConfig } from 'payload'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

const num = (name, fallback) => {
  const raw = process.env[name]
  if (raw === undefined || raw === '') return fallback
  const value = Number(raw)
  if (!Number.isFinite(value)) throw new Error(`${name} must be a number, got ${JSON.stringify(raw)}`)
  return value
}

export const settings = {
  host: process.env.HOST || '127.0.0.1',
  port: num('PORT', 4310),
  databaseURI: process.env.DATABASE_URI || `file:${path.join(root, 'data', 'attic.db')}`,
  secret: process.env.PAYLOAD_SECRET || 'harness-only-secret-not-used-anywhere-else',
  tokenExpiration: num('TOKEN_EXPIRATION', 7200), // seconds; Payload's own default
  maxLoginAttempts: num('MAX_LOGIN_ATTEMPTS', 5), // Payload's own default; 0 = never lock
  lockTime: num('LOCK_TIME', 600_000), // milliseconds; Payload's own default
  useSessions: process.env.USE_SESSIONS !== 'false', // Payload's own default is true
  sqliteTransactions: process.env.SQLITE_TRANSACTIONS === 'true', // Payload's own default is off (Postgres: on)
}

export const JOB_STATUSES = [
  'Requires Crew Lead',
  'Plans In Progress',
  'Pending Review',
  'Requires Scheduling',
  'Pre-Production',
  'In Production',
  'Production Complete',
  'Pending Payment',
  'Closed Job',
]
export const ESTIMATE_STATUSES = ['In Progress', 'Released', 'Sold', 'Lost']
export const ROLE_NAMES = ['Crew Leader', 'Crew Member', 'Operations Manager', 'Authenticated']

const signedIn = ({ req }) => Boolean(req.user)
const access = { read: signedIn, create: signedIn, update: signedIn, delete: signedIn }

// READ_RULE_<COLLECTION> narrows what signed-in users may read: `false` hides the collection, a JSON where-clause
// scopes it. Example: READ_RULE_JOBS='{"job_estimate.branch":{"equals":1}}' READ_RULE_CLIENTS=false
const withReadRule = (collection) => {
  const raw = process.env[`READ_RULE_${collection.slug.toUpperCase()}`]
  if (!raw) return collection
  const rule = JSON.parse(raw)
  return { ...collection, access: { ...collection.access, read: ({ req }) => (req.user ? rule : false) } }
}

// The live system's collections need not bear these names. SLUGS='{"estimates":"job-estimates"}' serves a collection under
// another name over the same tables: seed first, then start with it.
const slugs = JSON.parse(process.env.SLUGS || '{}')
const named = (collection) => ({
  ...collection,
  slug: slugs[collection.slug] ?? collection.slug,
  dbName: collection.slug,
  fields: collection.fields.map((field) => (field.relationTo ? { ...field, relationTo: slugs[field.relationTo] ?? field.relationTo } : field)),
})

// The real system's status columns are said to be text. STATUS_AS_SELECT=true shows what a client would meet if they
// were `select` fields instead (on Postgres: database enums). Needs a database of its own.
const status = (values) =>
  process.env.STATUS_AS_SELECT === 'true'
    ? { name: 'status', type: 'select', options: values.map((value) => ({ label: value, value })) }
    : { name: 'status', type: 'text' }

const text = (name, extra = {}) => ({ name, type: 'text', ...extra })
const rel = (name, relationTo, extra = {}) => ({ name, type: 'relationship', relationTo, ...extra })

const collections = [
  {
    slug: 'users',
    access: { ...access, admin: signedIn },
    auth: {
      useAPIKey: true,
      tokenExpiration: settings.tokenExpiration,
      maxLoginAttempts: settings.maxLoginAttempts,
      lockTime: settings.lockTime,
      useSessions: settings.useSessions,
    },
    fields: [
      text('name'),
      text('phone'),
      rel('roles', 'roles', { hasMany: true }),
      rel('branches', 'branches', { hasMany: true }),
      { name: 'isVerified', type: 'checkbox', defaultValue: false },
      { name: 'isBlocked', type: 'checkbox', defaultValue: false },
    ],
  },
  { slug: 'roles', access, fields: [text('name', { required: true })] },
  { slug: 'branches', access, fields: [text('name', { required: true })] },
  {
    slug: 'clients',
    access,
    fields: [
      text('firstName'),
      text('lastName'),
      text('fullName'),
      { name: 'email', type: 'email' },
      text('phone'),
      { name: 'notes', type: 'textarea' },
    ],
  },
  {
    slug: 'properties',
    access,
    fields: [rel('client', 'clients'), text('address'), text('city'), text('state'), text('postalCode')],
  },
  {
    slug: 'estimates',
    access,
    fields: [
      text('name'),
      status(ESTIMATE_STATUSES),
      rel('user', 'users'),
      rel('branch', 'branches'),
      rel('client', 'clients'),
      rel('property', 'properties'),
      { name: 'final_price', type: 'number' },
      { name: 'labor_hours', type: 'number' },
      { name: 'crew_notes', type: 'textarea' },
    ],
  },
  {
    slug: 'jobs',
    access,
    fields: [
      text('name'),
      status(JOB_STATUSES),
      rel('job_estimate', 'estimates'),
      rel('assignedCrew', 'users', { hasMany: true }),
    ],
  },
]

export async function makeConfig() {
  const uri = settings.databaseURI
  let db
  if (uri.startsWith('postgres')) {
    const { postgresAdapter } = await import('@payloadcms/db-postgres')
    db = postgresAdapter({ pool: { connectionString: uri, max: num('PG_POOL', 10) }, telemetry: false })
  } else {
    const { sqliteAdapter } = await import('@payloadcms/db-sqlite')
    db = sqliteAdapter({
      client: { url: uri },
      autoIncrement: true, // never hand out a deleted document's id again, as Postgres serials do not
      wal: { synchronous: 'NORMAL' },
      busyTimeout: 10_000,
      // The adapter's default is no transactions; SQLITE_TRANSACTIONS=true turns them on.
      ...(settings.sqliteTransactions ? { transactionOptions: { behavior: 'immediate' } } : {}),
    })
  }
  return buildConfig({
    secret: settings.secret,
    db,
    collections: collections.map(withReadRule).map((collection) => (Object.keys(slugs).length ? named(collection) : collection)),
    admin: { user: slugs.users ?? 'users' },
    telemetry: false,
    graphQL: { disable: true },
    typescript: { autoGenerate: false },
    // Payload's own defaults (defaultDepth 2, maxDepth 10) unless overridden.
    ...(process.env.MAX_DEPTH ? { maxDepth: num('MAX_DEPTH') } : {}),
    logger: { options: { level: process.env.LOG_LEVEL || 'fatal' } },
  })
}
