using Casemate.Attestation.Tdx;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>An event log that the command line names.</summary>
/// <param name="Path">The file.</param>
/// <param name="Content">What it holds.</param>
internal sealed record NamedEventLog(string Path, ReadOnlyMemory<byte> Content)
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="MalformedInputException">It cannot be read, is too large, or holds no event log.</exception>
    public static NamedEventLog? Read(string? path)
    {
        if (path is null)
        {
            return null;
        }

        var content = EvidenceReader.ReadEventLog(path);
        return CcEventLog.TryRead(content.Span, out _, out var error)
            ? new NamedEventLog(path, content)
            : throw new MalformedInputException(path, error, "An event log is read from /sys/firmware/acpi/tables/data/CCEL.");
    }

    /// <summary>The same evidence with this log.</summary>
    /// <exception cref="CliException">The evidence can have none, or brought its own.</exception>
    public EvidenceFile AddTo(EvidenceFile evidence)
    {
        if (evidence is not { Kind: EvidenceKind.Quote, Tee: Attestation.Tee.Tdx })
        {
            throw CliException.Usage($"--event-log goes with a TDX quote, and {evidence.Name} is none");
        }

        return evidence.EventLog.IsEmpty
            ? evidence with { EventLog = Content }
            : throw CliException.Usage($"--event-log: {evidence.Name} brings an event log of its own");
    }
}
