using Casemate.Kubernetes;

namespace Casemate.Node.NodeObject;

/// <summary>Has the node attested: obtains its evidence and has it verified by somebody else.</summary>
public interface INodeAttestation
{
    /// <summary>Attests once.</summary>
    /// <param name="node">The Node, for its identity: name, uid, boot id.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>The outcome; a verifier that cannot be reached is a failure with a reason. An exception counts as one too.</returns>
    Task<NodeAttestationResult> AttestAsync(KubeObject node, CancellationToken cancellationToken);
}
