using System.CommandLine;
using System.Diagnostics;
using Casemate.Cli.Commands;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary>What the commands that ask a query share: the query, what it is asked of, the dialect and the limits.</summary>
internal sealed class RegoQuestion
{
    private readonly RegoSettings _settings = new();

    private readonly Option<string[]> _data = new("--data", "-d")
    {
        Description = "A module (.rego), a base document (.json, .yaml) or a folder with both; may be given several times.",
        HelpName = "PATH",
    };

    private readonly Option<string?> _input = new("--input", "-i")
    {
        Description = "The document 'input', JSON or YAML; - for JSON on standard input. Default: there is none.",
        HelpName = "FILE",
    };

    /// <summary>The argument that holds the query.</summary>
    public Argument<string> Query { get; } = new("QUERY")
    {
        Description = "What is asked: a reference such as data.shop.allow, or a body such as 'x := data.shop.prices[_]; x > 1'.",
    };

    /// <summary>The options in the order of the help page, with a command's own between the files and the dialect.</summary>
    public IEnumerable<Option> OptionsAround(params Option[] own) => [_data, _input, .. own, .. _settings.Dialect, .. _settings.Limits];

    /// <summary>How the query is evaluated.</summary>
    /// <exception cref="CliException">A limit is out of its range (exit code 2).</exception>
    public RegoEvaluation Evaluation(CommandContext context, CancellationToken cancellationToken) =>
        _settings.Evaluation(context, cancellationToken);

    /// <summary>Reads the files and compiles what is asked.</summary>
    /// <param name="context">The command.</param>
    /// <param name="files">The modules and the base documents.</param>
    /// <param name="input">The document 'input'; null where there is none.</param>
    /// <param name="compiling">How long the modules took to be parsed and compiled.</param>
    /// <exception cref="CliException">A file is malformed or the policy does not compile (exit code 3), or the query does not (2).</exception>
    public PreparedQuery Prepare(CommandContext context, out RegoFiles files, out RegoValue? input, out TimeSpan compiling)
    {
        files = RegoFiles.Read("--data", context.Arguments.GetValue(_data) ?? []);
        input = context.Arguments.GetValue(_input) is { } path ? RegoFiles.Document(context, "--input", path) : null;
        var start = Stopwatch.GetTimestamp();
        var policy = RegoSettings.Compile(files, new RegoCompileOptions { Version = _settings.Version(context) });
        compiling = Stopwatch.GetElapsedTime(start);
        return policy.TryPrepare(context.Arguments.GetValue(Query)!, out var refused)
            ?? throw CliException.Usage($"the query cannot be used: {refused}");
    }
}
