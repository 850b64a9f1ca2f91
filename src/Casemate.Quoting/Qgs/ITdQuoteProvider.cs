namespace Casemate.Quoting.Qgs;

/// <summary>A back end that makes TDX quotes of reports that TDs on this machine have made.</summary>
public interface ITdQuoteProvider
{
    /// <summary>What the back end is called in logs and metrics.</summary>
    string Name { get; }

    /// <summary>True when its quotes prove nothing.</summary>
    bool Simulated { get; }

    /// <summary>How many calls it works on at once. At least 1.</summary>
    int MaximumConcurrency { get; }

    /// <summary>Tells of the machine; null: the back end does not know.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="QuoteProviderException">The back end failed.</exception>
    ValueTask<TdPlatform?> DescribeAsync(CancellationToken cancellationToken) => ValueTask.FromResult<TdPlatform?>(null);

    /// <summary>Makes a quote.</summary>
    /// <param name="tdReport">1024 bytes of the form of a TD report. Valid until the task has ended.</param>
    /// <param name="cancellationToken">Stops the wait; a quote under way is finished and dropped.</param>
    /// <exception cref="QuoteProviderException">
    /// The back end refused or failed; <see cref="AesmError.InvalidReport"/> for a wrong MAC.
    /// </exception>
    ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> tdReport, CancellationToken cancellationToken);
}
