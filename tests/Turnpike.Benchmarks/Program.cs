using BenchmarkDotNet.Running;
using Turnpike.Benchmarks;

if (args is ["scale"])
{
    ScaleFigures.Write(Console.Out);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(RelayBenchmarks).Assembly).Run(args);
}
