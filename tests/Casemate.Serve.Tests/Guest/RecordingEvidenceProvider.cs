using System.Text;
using Casemate.Quoting;

namespace Casemate.Serve.Tests.Guest;

/// <summary>Evidence of kind "sample": any report data, no proof. Remembers what it was asked for.</summary>
internal class RecordingEvidenceProvider : IEvidenceProvider
{
    public List<byte[]> ReportData { get; } = [];

    public EvidenceProviderException? Failure { get; init; }

    public string Tee => "sample";

    public ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        lock (ReportData)
        {
            ReportData.Add(reportData.ToArray());
        }

        return Failure is null
            ? ValueTask.FromResult<ReadOnlyMemory<byte>>(
                Encoding.UTF8.GetBytes($$"""{"svn":"1","report_data":"{{Convert.ToBase64String(reportData.Span)}}"}"""))
            : throw Failure;
    }
}

/// <summary>The same with a register that can be extended.</summary>
internal sealed class MeasuringEvidenceProvider : RecordingEvidenceProvider, IRuntimeMeasurements
{
    public List<string> Entries { get; } = [];

    public ValueTask ExtendAsync(string entry, CancellationToken cancellationToken)
    {
        Entries.Add(entry);
        return ValueTask.CompletedTask;
    }
}
