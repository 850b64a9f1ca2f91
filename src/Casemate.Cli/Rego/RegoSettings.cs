using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary>Options that several commands of the group share: the dialect and the limits.</summary>
internal sealed class RegoSettings
{
    private readonly Option<bool> _v0 = new("--v0")
    {
        Description = "Read modules in the dialect before OPA 1.0, as the Kata agent does. Default: OPA 1.0.",
    };

    private readonly Option<long> _steps = new("--steps")
    {
        Description = "The most steps of one evaluation, 1 to 10^12. Default: 50000000.",
        HelpName = "COUNT",
        DefaultValueFactory = _ => RegoLimits.Default.Steps,
    };

    private readonly Option<double> _seconds = new("--seconds")
    {
        Description = "The most time of one evaluation, 0.001 to 3600. Default: 5.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => RegoLimits.Default.Time.TotalSeconds,
    };

    private readonly Option<long> _memory = new("--memory-mib")
    {
        Description = "The most memory of the values of one evaluation, 1 to 65536 MiB. Default: 256.",
        HelpName = "MIB",
        DefaultValueFactory = _ => RegoLimits.Default.MemoryBytes / (1024 * 1024),
    };

    private readonly Option<long?> _seed = new("--seed")
    {
        Description = "What random numbers are drawn from. Default: such functions are undefined.",
        HelpName = "NUMBER",
    };

    public IEnumerable<Option> Dialect => [_v0];

    public IEnumerable<Option> Limits => [_steps, _seconds, _memory, _seed];

    public RegoVersion Version(CommandContext context) => context.Arguments.GetValue(_v0) ? RegoVersion.V0 : RegoVersion.V1;

    public RegoEvaluation Evaluation(CommandContext context, CancellationToken cancellationToken)
    {
        var (steps, seconds, memory) = (
            context.Arguments.GetValue(_steps), context.Arguments.GetValue(_seconds), context.Arguments.GetValue(_memory));
        if (steps is < 1 or > 1_000_000_000_000 || seconds is not (>= 0.001 and <= 3600) || memory is < 1 or > 65_536)
        {
            throw CliException.Usage(
                "a limit is out of its range", "Use --steps 1 to 10^12, --seconds 0.001 to 3600, --memory-mib 1 to 65536.");
        }

        return new RegoEvaluation
        {
            Now = context.Now,
            Seed = context.Arguments.GetValue(_seed),
            CollectPrints = true,
            CancellationToken = cancellationToken,
            Limits = RegoLimits.Default with { Steps = steps, Time = TimeSpan.FromSeconds(seconds), MemoryBytes = memory * 1024 * 1024 },
        };
    }

    /// <summary>Compiles, or ends the command with every error.</summary>
    public static CompiledPolicy Compile(RegoFiles files, RegoCompileOptions options)
    {
        var compilation = RegoCompiler.Compile(files.Modules, options);
        return compilation.Policy ?? throw new CliException(
            ExitCode.BadInput, $"the policy does not compile: {Count(compilation.Errors.Count, "error")}")
        {
            Findings = [.. compilation.Errors.Take(20).Select(error => error.ToString())],
        };
    }

    public static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
