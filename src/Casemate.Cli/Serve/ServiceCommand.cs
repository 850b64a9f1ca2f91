using System.Runtime.InteropServices;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Serve;

/// <summary>
/// A command that is a service: settings by flag, environment variable and file, JSON lines on standard error, and an orderly end with exit
/// code 0 on SIGINT and SIGTERM. A derived class reads its settings and names what is to be started:
/// <code>
/// protected override Task ServeAsync(ServiceRun run) => run.UntilStoppedAsync(Read(run.Context), NodeAgent.StartAsync);
/// </code>
/// </summary>
internal abstract class ServiceCommand : CliCommand
{
    private readonly OptionFlags _flags;

    /// <param name="name">The command's name.</param>
    /// <param name="description">What it serves.</param>
    /// <param name="settings">All its settings, in the order of the help.</param>
    /// <param name="flags">What the service's options are called here.</param>
    /// <param name="examples">Examples for <c>--help</c>.</param>
    protected ServiceCommand(
        string name, string description, IReadOnlyList<Setting> settings, OptionFlags flags, params IReadOnlyList<CommandExample> examples)
        : base(name, description, examples)
    {
        (Settings, _flags) = ([.. settings, SettingsFile.Named], flags);
        foreach (var setting in Settings)
        {
            setting.AddTo(this);
        }
    }

    /// <summary>All its settings, in the order of the help.</summary>
    public IReadOnlyList<Setting> Settings { get; }

    /// <summary>A signal ends the service in good order, with exit code 0: that is how services end.</summary>
    protected sealed override bool HandlesSignals => true;

    /// <summary>
    /// Reads the settings, opens what must outlive the service in <c>using</c> statements, and calls
    /// <see cref="ServiceRun.UntilStoppedAsync"/>.
    /// </summary>
    protected abstract Task ServeAsync(ServiceRun run);

    protected sealed override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        context = context with { File = SettingsFile.Open(context, Settings) };
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var loggers = JsonLogging.Create(context);
        try
        {
            await ServeAsync(new ServiceRun(context, loggers, _flags, stopping.Token));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Told to stop while it was still starting.
        }
        catch (CliException failure)
        {
            throw SettingOrigin.Explain(failure, Settings, context);
        }

        return ExitCode.Success;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }
    }
}
