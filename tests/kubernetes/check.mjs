// Answers questions about Kubernetes' objects: a JSON list on standard input, a JSON list of answers
// on standard output.
//
//     node check.mjs FOLDER <questions     FOLDER holds node_modules
//
// {"schema": OBJECT}                            [what is wrong with it, …]
// {"cel": SOURCE, "params": …, "object": …, "oldObject": …}
//                                               [the message of each validation that refuses it, …]

import {createRequire} from 'node:module'
import {readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {pathToFileURL} from 'node:url'

const require = createRequire(resolve(process.argv[2], 'package.json'))
const {Environment} = await import(pathToFileURL(require.resolve('@marcbachmann/cel-js')))

// The schemas let unknown fields pass, and an API server drops them without a word. Those that the
// validator never looks at are unknown.
function watched(value, path, unread) {
  if (value === null || typeof value !== 'object') return value
  const inner = Array.isArray(value) ? [] : {}
  for (const key of Object.keys(value)) {
    const name = `${path}.${key}`
    inner[key] = watched(value[key], name, unread)
    if (!Array.isArray(value)) unread.add(name)
  }
  return new Proxy(inner, {
    get(target, key) {
      unread.delete(`${path}.${String(key)}`)
      return target[key]
    },
  })
}

function schemaProblems(object) {
  const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion]
  const Model = require(['kubernetes-models', group, version, object.kind].filter(Boolean).join('/'))[object.kind]
  const unread = new Set()
  const problems = []
  try {
    Model.prototype.validate.call(watched(object, object.kind, unread))
  } catch (error) {
    problems.push(error.message)
  }
  return [...problems, ...[...unread].map(name => `unknown field ${name}`)]
}

// JSON's numbers are integers here, as in every field of a pod.
function celValue(value) {
  if (typeof value === 'number') return BigInt(value)
  if (Array.isArray(value)) return value.map(celValue)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, celValue(inner)]))
}

function environment() {
  return new Environment({unlistedVariablesAreDyn: false})
    .registerVariable('object', 'dyn')
    .registerVariable('oldObject', 'dyn')
    .registerVariable('variables', 'dyn')
}

function evaluate(expression, context) {
  const parsed = environment().parse(expression)
  const checked = parsed.check()
  if (!checked.valid) throw new Error(`${checked.error.message} in ${expression}`)
  return parsed(context)
}

// As Kubernetes does it: an expression that fails refuses, as failurePolicy is Fail.
function refusals({cel, params, object, oldObject}) {
  const context = {object: celValue(object ?? null), oldObject: celValue(oldObject ?? null), variables: {}}
  if (params !== undefined) context.variables.params = celValue(params)
  const refused = []
  try {
    for (const {name, expression} of cel.variables) context.variables[name] = evaluate(expression, context)
    for (const {expression, message, messageExpression} of cel.validations) {
      const told = message ?? evaluate(messageExpression, context)
      const met = evaluate(expression, context)
      if (typeof met !== 'boolean') refused.push(`not a truth value: ${expression}`)
      else if (!met) refused.push(told)
    }
  } catch (error) {
    refused.push(`failed: ${error.message}`)
  }
  return refused
}

const questions = JSON.parse(readFileSync(0, 'utf8'))
const answers = questions.map(question => (question.schema ? schemaProblems(question.schema) : refusals(question)))
process.stdout.write(JSON.stringify(answers))
