using System.Globalization;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;

namespace Casemate.Quoting.Service.Audit;

/// <summary>What the line of the audit log says of a record.</summary>
internal static class QuoteAuditLine
{
    // Names that come from a pod are short; what is longer is cut, so that no line grows beyond what readers take.
    private const int MaximumText = 512;

    /// <summary>Writes the members of a record.</summary>
    public static void Write(Utf8JsonWriter writer, QuoteAuditRecord record)
    {
        writer.WriteString("event"u8, "quote"u8);
        writer.WriteString("result"u8, record.Result.ToString());
        writer.WriteNumber("code"u8, (int)record.Result);
        WriteOptional(writer, "refusal"u8, record.Refusal?.ToString());
        WriteOptional(writer, "dcapCode"u8, record.DcapCode is { } code ? "0x" + code.ToString("X", CultureInfo.InvariantCulture) : null);
        writer.WriteString("provider"u8, record.Provider);
        writer.WriteBoolean("simulated"u8, record.Simulated);
        WritePeer(writer, record.Peer);
        writer.WriteString("tee"u8, KbsTee.NameOf(record.Tee));
        WriteQuoted(writer, record);
        writer.WriteString("reportDataSha256"u8, Convert.ToHexStringLower(record.ReportDataHash.Span));
    }

    // Evidence of the node itself has neither: its report is made with it.
    private static void WriteQuoted(Utf8JsonWriter writer, QuoteAuditRecord record)
    {
        if (!record.MrEnclave.IsEmpty)
        {
            writer.WriteStartObject("enclave"u8);
            writer.WriteString("mrenclave"u8, Convert.ToHexStringLower(record.MrEnclave.Span));
            writer.WriteString("mrsigner"u8, Convert.ToHexStringLower(record.MrSigner.Span));
            writer.WriteNumber("prodId"u8, record.IsvProdId);
            writer.WriteNumber("svn"u8, record.IsvSvn);
            writer.WriteBoolean("debug"u8, record.Debug);
            writer.WriteEndObject();
        }
        else if (!record.MrTd.IsEmpty)
        {
            writer.WriteStartObject("td"u8);
            writer.WriteString("mrtd"u8, Convert.ToHexStringLower(record.MrTd.Span));
            writer.WriteBoolean("debug"u8, record.Debug);
            writer.WriteEndObject();
        }
    }

    private static void WritePeer(Utf8JsonWriter writer, Peer peer)
    {
        writer.WriteStartObject("peer"u8);
        writer.WriteString("identification"u8, peer.Identification.ToString());
        WriteOptional(writer, "namespace"u8, peer.Namespace);
        WriteOptional(writer, "pod"u8, peer.PodName);
        WriteOptional(writer, "podUid"u8, peer.PodUid);
        WriteOptional(writer, "container"u8, peer.ContainerId);
        if (!peer.Endpoint.StartsWith("vsock:", StringComparison.Ordinal))
        {
            writer.WriteNumber("pid"u8, peer.Credential.ProcessId);
            writer.WriteNumber("uid"u8, peer.Credential.UserId);
        }

        WriteOptional(writer, "socket"u8, peer.Endpoint);
        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value.Length <= MaximumText ? value : string.Concat(value.AsSpan(0, MaximumText), "..."));
        }
    }
}
