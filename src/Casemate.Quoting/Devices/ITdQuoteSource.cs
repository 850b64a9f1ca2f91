namespace Casemate.Quoting.Devices;

/// <summary>Makes quotes of TD reports: a quote generation service as Intel's DCAP has it.</summary>
public interface ITdQuoteSource
{
    /// <summary>What it is called in messages.</summary>
    string Name { get; }

    /// <summary>Makes a quote.</summary>
    /// <param name="tdReport">1024 bytes.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="EvidenceProviderException">The service cannot be reached, or refused.</exception>
    ValueTask<ReadOnlyMemory<byte>> QuoteAsync(ReadOnlyMemory<byte> tdReport, CancellationToken cancellationToken);
}
