import { expect, test } from 'vitest'
import { checkMachine, readMachine } from '../../../shared/doctor/machine.ts'

const files: Record<string, string> = {
  '/proc/self/limits':
    'Limit  Soft  Hard\nMax open files            1024                 4096                 files\n',
  '/proc/meminfo': 'MemTotal:  2000000 kB\nMemAvailable:    1048576 kB\n',
  '/proc/sys/net/core/somaxconn': '128\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '4000\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/proc/sys/net/ipv4/tcp_mem': '8000\t10000\t12000\n',
  '/sys/fs/cgroup/memory.max': 'max\n',
  '/sys/fs/cgroup/memory.current': '1000\n',
}
const facts = (changed: Record<string, string | undefined> = {}) =>
  readMachine((path) => ({ ...files, ...changed })[path])

const needs = (connections: number, connectionsThatFit = connections) => ({
  connections,
  connectionsThatFit,
  programBytes: 100 * 1_048_576,
  bytesEach: 20_480,
})

test('the limits of the machine are read as Linux writes them', () => {
  expect(facts()).toEqual({
    openFiles: 1024,
    memoryBytes: 1_073_741_824,
    somaxconn: 128,
    conntrackMax: 4000,
    outgoingPorts: 28_232,
    tcpBytes: 12_000 * 4096,
  })
})

test('a container may take less memory than the machine has', () => {
  expect(facts({ '/sys/fs/cgroup/memory.max': '536870912\n' }).memoryBytes).toBe(536_870_912 - 1000)
})

test('a range of ports that has no end is not known', () => {
  expect(facts({ '/proc/sys/net/ipv4/ip_local_port_range': '32768\n' }).outgoingPorts).toBeUndefined()
})

test('a limit that cannot be read is not mentioned, as on other systems than Linux', () => {
  expect(
    checkMachine(
      readMachine(() => undefined),
      needs(5000),
    ),
  ).toEqual([])
})

test('limits that are too low for the listeners are named with what to set', () => {
  const told = checkMachine(facts(), needs(60_000, 700))
  expect(told.map(({ name, grade }) => [name, grade])).toEqual([
    ['open files', 'warning'],
    ['memory', 'warning'],
    ['somaxconn', 'warning'],
    ['nf_conntrack', 'warning'],
    ['ip_local_port_range', 'warning'],
    ['tcp_mem', 'warning'],
  ])
  expect(told[0]).toMatchObject({
    text: '1024 leave room for 700 of 60000 connections',
    todo: expect.stringContaining('LimitNOFILE=65536'),
  })
  expect(told[1]?.text).toBe('1024 MiB free, but 60000 connections need about 1272 MiB')
  expect(told[1]?.todo).toBe('add memory, or allow 47308 connections')
  expect(told[3]?.todo).toContain('nf_conntrack_max to 72000')
  expect(told[5]?.todo).toContain('tcp_mem to 480000 or more')
})

test('a limit that is just enough is enough', () => {
  const gradeOf = (most: number) =>
    checkMachine(facts({ '/proc/sys/net/netfilter/nf_conntrack_max': `${most}\n` }), needs(60_000)).find(
      ({ name }) => name === 'nf_conntrack',
    )?.grade
  expect([72_000, 71_999].map(gradeOf)).toEqual(['ok', 'warning'])
  const memoryFor = (programBytes: number) =>
    checkMachine(facts(), { ...needs(500), programBytes }).find(({ name }) => name === 'memory')?.grade
  const most = 1_073_741_824 - 500 * 20_480
  expect([most, most + 1].map(memoryFor)).toEqual(['ok', 'warning'])
})

test('the limit of open files that is advised has room for all connections', () => {
  const advised = (connections: number) =>
    Number(/LimitNOFILE=(\d+)/.exec(checkMachine(facts(), needs(connections, 700))[0]?.todo ?? '')?.[1])
  expect(advised(5000)).toBe(65_536)
  for (const connections of [65_000, 65_536, 1_000_000])
    expect(advised(connections)).toBeGreaterThan(connections)
})

test('the limit of open files is the one of the shell that asks, which may not be that of the service', () => {
  expect(checkMachine(facts(), needs(500))[0]?.text).toBe(
    '1024 from this shell, enough for 500 connections; a service has the limit of its unit',
  )
})

test('limits that suffice are fine', () => {
  const told = checkMachine(facts({ '/proc/sys/net/core/somaxconn': '4096\n' }), needs(500))
  expect(told.filter(({ grade }) => grade !== 'ok')).toEqual([])
  expect(told.map(({ name, text }) => `${name}: ${text}`).slice(1)).toEqual([
    'memory: 1024 MiB free, about 110 MiB for 500 connections',
    'somaxconn: 4096, enough',
    'nf_conntrack: 4000, enough',
    'ip_local_port_range: 28232, enough',
    'tcp_mem: 47 MiB, enough',
  ])
})
