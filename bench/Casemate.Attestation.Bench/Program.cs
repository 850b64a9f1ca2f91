using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Casemate.Attestation.Bench;

if (args is ["--scaling", var scalingPath, ..])
{
    Scaling.Run(scalingPath, TimeSpan.FromMilliseconds(args.Contains("--quick") ? 100 : 500));
    return;
}

// In process: the harness's default toolchain builds a project of its own, which neither central package versions nor locked
// restores allow. The machine is the same either way, and baselines run in the same process.
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
    .WithWarmupCount(4).WithIterationCount(10).WithMinIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(100))
    .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(250));
if (args.Contains("--quick"))
{
    job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
    args = [.. args.Where(a => a != "--quick")];
}

var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(ConsoleLogger.Default)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddColumn(StatisticColumn.OperationsPerSecond)
    .AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory)
    .AddColumn(CategoriesColumn.Default)
    .AddExporter(MarkdownExporter.GitHub, JsonExporter.FullCompressed)
    .WithOptions(ConfigOptions.DisableOptimizationsValidator);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
