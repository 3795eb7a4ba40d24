using BenchmarkDotNet.Running;
using Turnpike.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(RelayBenchmarks).Assembly).Run(args);
