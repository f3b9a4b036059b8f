import { edgeContract } from '../../contract/edge.ts'

edgeContract('deno')
