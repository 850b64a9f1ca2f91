using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Json;
using Casemate.Quoting;
using Casemate.Quoting.Service;

namespace Casemate.Serve.Quoting;

/// <summary>What a client of the evidence endpoint wants.</summary>
internal sealed record EvidenceRequest
{
    /// <summary>Bytes that a request may have.</summary>
    public const int MaximumSize = 96 * 1024;

    /// <summary>Bytes that runtime data may have.</summary>
    public const int MaximumRuntimeData = 64 * 1024;

    private const int MaximumTimeoutMs = 600_000;

    /// <summary>The kind of evidence; null: the first that there is.</summary>
    public Tee? Tee { get; private init; }

    /// <summary>64 bytes for the evidence to carry; null when there is a report instead.</summary>
    public byte[]? ReportData { get; private init; }

    /// <summary>The report of an enclave, 432 bytes; null when the node itself is to be quoted.</summary>
    public byte[]? Report { get; private init; }

    /// <summary>Whether collateral is wanted as well.</summary>
    public bool WantsCollateral { get; private init; }

    /// <summary>How long the client waits; null: it did not say.</summary>
    public TimeSpan? Timeout { get; private init; }

    /// <summary>Reads a request. Never throws on bad input.</summary>
    /// <param name="body">JSON text.</param>
    /// <param name="request">The request; null when it is malformed.</param>
    /// <param name="problem">What is wrong with it; empty when nothing is.</param>
    public static bool TryRead(ReadOnlyMemory<byte> body, out EvidenceRequest? request, out string problem)
    {
        request = null;
        if (!StrictJson.TryParse(body, out var document, out var error, maxDepth: 4))
        {
            problem = $"the body is not JSON: {error}";
            return false;
        }

        using (document)
        {
            if (document.RootElement.ValueKind is not JsonValueKind.Object)
            {
                problem = "the body is not a JSON object";
                return false;
            }

            var read = new EvidenceRequest();
            var bindings = 0;
            foreach (var member in document.RootElement.EnumerateObject())
            {
                problem = Apply(member, ref read, ref bindings);
                if (problem.Length > 0)
                {
                    return false;
                }
            }

            problem = bindings != 1 ? "give exactly one of reportData, runtimeData and report"
                : read.Report is not null && read.Tee is not (null or Attestation.Tee.Sgx) ? "a report is one of an SGX enclave" : "";
            request = problem.Length == 0 ? read : null;
            return problem.Length == 0;
        }
    }

    // Returns what is wrong with a member; empty when nothing is.
    private static string Apply(JsonProperty member, ref EvidenceRequest request, ref int bindings)
    {
        switch (member.Name)
        {
            case "tee":
                if (member.Value.ValueKind is not JsonValueKind.String || KbsTee.TryParse(member.Value.GetString()!) is not { } tee)
                {
                    return "tee is 'sgx', 'tdx' or 'snp'";
                }

                request = request with { Tee = tee };
                return "";
            case "reportData":
                bindings++;
                if (Bytes(member.Value, 1, NodeEvidenceSource.ReportDataSize) is not { } reportData)
                {
                    return $"reportData is 1 to {NodeEvidenceSource.ReportDataSize} bytes in base64";
                }

                Array.Resize(ref reportData, NodeEvidenceSource.ReportDataSize);
                request = request with { ReportData = reportData };
                return "";
            case "runtimeData":
                bindings++;
                if (Bytes(member.Value, 0, MaximumRuntimeData) is not { } runtimeData)
                {
                    return $"runtimeData is at most {MaximumRuntimeData} bytes in base64";
                }

                request = request with { ReportData = SHA512.HashData(runtimeData) };
                return "";
            case "report":
                bindings++;
                if (Bytes(member.Value, QuoteRequest.ReportSize, QuoteRequest.ReportSize) is not { } report)
                {
                    return $"report is the {QuoteRequest.ReportSize} bytes of an enclave's report in base64";
                }

                request = request with { Report = report };
                return "";
            case "collateral":
                if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                {
                    return "collateral is true or false";
                }

                request = request with { WantsCollateral = member.Value.GetBoolean() };
                return "";
            case "timeoutMs":
                if (member.Value.ValueKind is not JsonValueKind.Number || !member.Value.TryGetInt32(out var milliseconds)
                    || milliseconds is < 1 or > MaximumTimeoutMs)
                {
                    return $"timeoutMs is 1 to {MaximumTimeoutMs}";
                }

                request = request with { Timeout = TimeSpan.FromMilliseconds(milliseconds) };
                return "";
            default:
                return "the members are tee, reportData, runtimeData, report, collateral and timeoutMs, and no others";
        }
    }

    private static byte[]? Bytes(JsonElement value, int least, int most) =>
        value.ValueKind is JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) && bytes.Length >= least
            && bytes.Length <= most ? bytes : null;
}
