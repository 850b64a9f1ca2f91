namespace Casemate.Node.Discovery;

/// <summary>Looks at the hardware again and again: when device nodes change, and every so often.</summary>
/// <param name="scanner">Looks once.</param>
/// <param name="changes">Tells of changes; null: the timer alone.</param>
/// <param name="time">The clock.</param>
public sealed class HardwareWatcher(HardwareScanner scanner, IDeviceChanges? changes, TimeProvider time)
{
    /// <summary>How long the hardware is left alone at most. Default 60 seconds.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long after a change to look, since drivers make several nodes one after the other. Default 500 ms.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Publishes the hardware, at first and then whenever it differs, until it is cancelled.</summary>
    /// <param name="changed">Gets the hardware. What it throws ends the watch.</param>
    /// <param name="looked">Gets each look's result, also one without a change: for health. Null: nobody.</param>
    /// <param name="cancellationToken">Ends the watch; the task then completes without an error.</param>
    public async Task RunAsync(
        Func<NodeHardware, CancellationToken, Task> changed, Func<NodeHardware, CancellationToken, Task>? looked,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changed);
        NodeHardware? published = null;
        try
        {
            while (true)
            {
                var hardware = scanner.Scan();
                if (!hardware.Equals(published))
                {
                    await changed(hardware, cancellationToken).ConfigureAwait(false);
                    published = hardware;
                }

                if (looked is not null)
                {
                    await looked(hardware, cancellationToken).ConfigureAwait(false);
                }

                await WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(Period, time, waiting.Token);
        var change = changes?.WaitAsync(waiting.Token) ?? Task.Delay(Timeout.InfiniteTimeSpan, waiting.Token);
        var first = await Task.WhenAny(timer, change).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (first == change)
        {
            await change.ConfigureAwait(false);
            await Task.Delay(Settle, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
