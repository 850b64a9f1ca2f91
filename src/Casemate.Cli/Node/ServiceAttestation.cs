using System.Text.Json;
using Casemate.Attestation;
using Casemate.Cli.Quotes;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Primitives.Json;
using Casemate.Primitives.Text;
using Casemate.Serve.Guest;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Node;

/// <summary>
/// Has the node attested by a key broker service: evidence of the node's quote helper over the service's fresh challenge, verified and
/// judged there. What counts is a token that says so, from the service that TLS vouches for.
/// </summary>
/// <remarks>
/// It says that the program which asked runs in a TEE which the service's policy accepts. It does not say that this TEE is the machine of
/// the Node's name: the policy has to know its machines.
/// </remarks>
internal sealed class ServiceAttestation(NodeAttestationOptions options, string helper, TimeProvider time, ILogger logger)
    : INodeAttestation
{
    /// <inheritdoc/>
    public async Task<NodeAttestationResult> AttestAsync(KubeObject node, CancellationToken cancellationToken)
    {
        try
        {
            var description = await EvidenceClient.DescribeAsync(helper, cancellationToken);
            if (description.Evidence.Count == 0)
            {
                return Failed(
                    "NoEvidence", "The quote helper makes no evidence of the node itself: on SGX hardware only enclaves have evidence.");
            }

            var (tee, _) = description.Evidence[0];
            using var client = new KbsClient(
                new KbsClientOptions
                {
                    Address = options.Address,
                    PinnedCertificate = options.PinnedCertificate,
                    HandshakeAttempts = 1,                                 // whoever calls tries again, and waits longer each time
                },
                new HelperEvidence(helper, tee, time), time, logger);
            var token = await client.GetTokenAsync(cancellationToken);
            return Judge(token.Jwt, tee);
        }
        catch (CliException failure)
        {
            return Failed("NoEvidence", Sentence(failure.Message));
        }
        catch (KbsClientException failure)
        {
            return Failed(ReasonOf(failure.Error), Sentence(failure.Message));
        }
    }

    private NodeAttestationResult Judge(string jwt, Tee tee)
    {
        if (!TryReadToken(jwt, tee, out var status, out var simulated, out var platform))
        {
            return Failed("AnswerMalformed", "The service's token does not say how the evidence was judged.");
        }

        if (simulated)
        {
            return options.NodeIsSimulated
                ? new NodeAttestationResult(
                    true, "SimulatedEvidenceAccepted", $"Simulated evidence of {NameOf(tee)} was accepted: it proves nothing.")
                { Platform = platform }
                : Failed("SimulatedEvidence", "The evidence is simulated, and the node is not.");
        }

        var result = status switch
        {
            "affirming" => new NodeAttestationResult(true, "Accepted", $"Evidence of {NameOf(tee)} was accepted."),
            "warning" => new NodeAttestationResult(true, "AcceptedWithWarning", $"Evidence of {NameOf(tee)} was accepted with a warning."),
            _ => Failed("Contraindicated", "The service's token says that the evidence must not be relied on."),
        };
        return result with { Platform = platform };
    }

    // The broker's own token, over TLS from the broker: what it says is read, its signature is for third parties.
    private static bool TryReadToken(string jwt, Tee tee, out string status, out bool simulated, out PlatformTcb? platform)
    {
        (status, simulated, platform) = ("", false, null);
        if (jwt.Split('.') is not [_, var claims, _] || !Base64UrlText.TryDecode(claims, out var payload)
            || !StrictJson.TryParse(payload, out var document, out _))
        {
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !TryGet(root, out var cpu, "submods", "cpu0")
                || !cpu.TryGetProperty("ear.status", out var text) || text.ValueKind is not JsonValueKind.String)
            {
                return false;
            }

            status = text.GetString()!;
            simulated = IsTrue(root) || IsTrue(cpu);
            platform = TokenPlatform.Read(cpu, tee);
            return true;
        }
    }

    private static bool TryGet(JsonElement at, out JsonElement found, params ReadOnlySpan<string> path)
    {
        found = at;
        foreach (var name in path)
        {
            if (!found.TryGetProperty(name, out found) || found.ValueKind is not JsonValueKind.Object)
            {
                return false;
            }
        }

        return true;
    }

    // Absent means that it is not; anything but false means that it is.
    private static bool IsTrue(JsonElement claims) =>
        claims.TryGetProperty("simulated", out var value) && value.ValueKind is not JsonValueKind.False;

    private static string NameOf(Tee tee) => Attestation.ConfidentialContainers.KbsTee.NameOf(tee);

    private static string ReasonOf(KbsClientError error) => error switch
    {
        KbsClientError.Unreachable => "VerifierUnreachable",
        KbsClientError.Unavailable => "VerifierUnavailable",
        KbsClientError.Unauthorized or KbsClientError.Refused => "EvidenceRefused",
        KbsClientError.NotFound or KbsClientError.Rejected => "RequestRejected",
        KbsClientError.MalformedAnswer => "AnswerMalformed",
        KbsClientError.NoEvidence => "NoEvidence",
        _ => throw new InvalidOperationException($"Error {error} has no reason."),
    };

    private static NodeAttestationResult Failed(string reason, string message) => new(false, reason, message);

    // It stands in the Node for everybody to read.
    private static string Sentence(string message)
    {
        var text = char.ToUpperInvariant(message[0]) + message[1..].TrimEnd('.') + ".";
        return text.Length <= 300 ? text : text[..299] + ".";
    }
}
