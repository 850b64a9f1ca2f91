using Casemate.Cli.Commands;
using Casemate.Serve;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Serve;

/// <summary>One run of a <see cref="ServiceCommand"/>.</summary>
/// <param name="Context">The command's.</param>
/// <param name="Loggers">Makes the service's loggers.</param>
/// <param name="Flags">What the service's options are called here.</param>
/// <param name="Stopping">Cancelled by SIGINT and SIGTERM.</param>
internal sealed record ServiceRun(CommandContext Context, ILoggerFactory Loggers, OptionFlags Flags, CancellationToken Stopping)
{
    /// <summary>Starts a service, waits for the signal, and stops it in good order.</summary>
    /// <param name="options">What the service needs.</param>
    /// <param name="start">Its <c>StartAsync</c>.</param>
    /// <param name="places">Where it keeps things, and the option that says so: for what cannot be written or is in use.</param>
    /// <exception cref="CliException">
    /// The service does not start, see <see cref="OptionFlags.StartAsync"/>, or does not end, see <see cref="StopLimit"/>.
    /// </exception>
    public async Task UntilStoppedAsync<TOptions, TService>(
        TOptions options, Func<TOptions, ILoggerFactory, TimeProvider, CancellationToken, Task<TService>> start,
        params IReadOnlyList<(string? Path, string Flag)> places)
        where TService : IRunningService
    {
        var time = Context.Invocation.Time;
        await StopLimit.KeepAsync(Task.Run(RunAsync, CancellationToken.None), Stopping, time);     // a start that blocks counts as well

        async Task RunAsync()
        {
            await using var service = await Flags.StartAsync(() => start(options, Loggers, time, Stopping), places);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, Stopping).ConfigureAwait(StopLimit.AfterTheSignal);
            await service.StopAsync(CancellationToken.None);
        }
    }
}
