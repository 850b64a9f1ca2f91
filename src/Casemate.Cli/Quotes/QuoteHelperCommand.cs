using System.Runtime.InteropServices;
using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Serve;
using Casemate.Serve.Quoting;

namespace Casemate.Cli.Quotes;

/// <summary><c>casemate quote-helper</c>: the node's quote service, until it is told to stop.</summary>
internal sealed class QuoteHelperCommand : CliCommand
{
    // What the options are called here, for the service's objections.
    private static readonly (string Option, Setting Setting)[] s_names =
    [
        ($"{nameof(QuoteHelperOptions.QgsPath)} or {nameof(QuoteHelperOptions.QgsVsockPort)}", QuoteHelperSettings.Qgs),
        (nameof(QuoteHelperOptions.Sockets), QuoteHelperSettings.Socket), (nameof(QuoteHelperOptions.Health), QuoteHelperSettings.Http),
    ];

    public QuoteHelperCommand()
        : base(
            "quote-helper", "Make quotes for the enclaves and TDs of this node, in place of aesmd and QGS.",
            new CommandExample("On a node with SGX", "casemate quote-helper"),
            new CommandExample("Without hardware, for tests", "casemate quote-helper --provider simulated --socket /tmp/aesmd/aesm.socket"),
            new CommandExample("For TDs as well", "casemate quote-helper --qgs vsock:4050"),
            new CommandExample("Does it work?", "casemate quote-helper check"))
    {
        foreach (var setting in QuoteHelperSettings.All)
        {
            setting.AddTo(this);
        }

        Add(new QuoteHelperCheckCommand());
    }

    /// <summary>A signal ends the service in good order, with exit code 0: that is how services end.</summary>
    protected override bool HandlesSignals => true;

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var loggers = JsonLogging.Create(context);
        await using var providers = await ProviderChoice.OpenAsync(context, loggers, stopping.Token);
        await using var collateral = HelperCollateral.Open(context, providers.Roots);
        var options = QuoteHelperArguments.Read(context, providers, collateral, loggers);
        await using var helper = await StartAsync(options, loggers, context, stopping.Token);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Invocation.Time, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            await helper.StopAsync();
        }

        return ExitCode.Success;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }
    }

    private static async Task<QuoteHelper> StartAsync(
        QuoteHelperOptions options, Microsoft.Extensions.Logging.ILoggerFactory loggers, CommandContext context,
        CancellationToken cancellationToken)
    {
        try
        {
            return await QuoteHelper.StartAsync(options, loggers, context.Invocation.Time, cancellationToken);
        }
        catch (ServeStartException exception)
        {
            // Without a cause nothing was tried: the settings themselves are wrong. What failed underneath is a file's or the machine's.
            var code = exception.InnerException switch
            {
                null => ExitCode.Usage,
                InvalidDataException => ExitCode.BadInput,
                _ => ExitCode.Unreachable,
            };
            var problems = exception.Problems.Select(InFlags).ToList();
            throw new CliException(code, problems[0], problems.Count > 1 ? string.Join(' ', problems.Skip(1)) : null, exception);
        }
    }

    // At the begin of a sentence and nowhere else: a path may have the same words in it.
    private static string InFlags(string problem)
    {
        foreach (var (option, setting) in s_names)
        {
            if (problem.StartsWith(option, StringComparison.Ordinal))
            {
                return setting.Flag + problem[option.Length..];
            }
        }

        return problem;
    }
}
