import { boundsContract } from '../../contract/edge/bounds.ts'

boundsContract('node')
