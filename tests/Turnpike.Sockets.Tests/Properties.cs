using Xunit.Sdk;
using Xunit.v3;

// One test lowers the descriptor limit of the whole process, and others count on a port staying closed.
[assembly: Parallelization(Mode = ParallelMode.None)]
