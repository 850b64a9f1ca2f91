namespace Casemate.Node.Discovery;

/// <summary>A host that starts Intel trust domains.</summary>
/// <param name="Enabled">KVM starts TDs (<c>kvm_intel.tdx</c>).</param>
/// <param name="KeyIds">Private key ids for TDs (<c>misc.capacity</c>, key <c>tdx</c>); null when the kernel does not say.</param>
public sealed record TdxHost(bool Enabled, long? KeyIds)
{
    /// <summary>True when TDs can be started: the parameter is on and key ids are not known to be 0.</summary>
    public bool Usable => Enabled && KeyIds is null or > 0;
}
