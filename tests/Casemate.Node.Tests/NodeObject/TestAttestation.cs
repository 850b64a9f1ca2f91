using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>An attestation that ends as the test says.</summary>
internal sealed class TestAttestation : INodeAttestation
{
    public static readonly NodeAttestationResult Accepted = new(true, "Accepted", "The evidence was accepted.");

    public NodeAttestationResult Result { get; set; } = Accepted;

    public Exception? Failure { get; set; }

    public TaskCompletionSource<NodeAttestationResult>? Pending { get; set; }

    public int Calls { get; private set; }

    public Task<NodeAttestationResult> AttestAsync(KubeObject node, CancellationToken cancellationToken)
    {
        Calls++;
        return Failure is not null ? Task.FromException<NodeAttestationResult>(Failure)
            : Pending is not null ? Pending.Task.WaitAsync(cancellationToken)
            : Task.FromResult(Result);
    }
}
