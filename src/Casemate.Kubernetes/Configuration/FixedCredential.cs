namespace Casemate.Kubernetes;

/// <summary>The credential that stands in the configuration.</summary>
internal sealed class FixedCredential(KubeCredential credential) : ICredentialSource
{
    public ValueTask<KubeCredential> GetAsync(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken) => new(credential);

    public bool Invalidate() => false;
}
