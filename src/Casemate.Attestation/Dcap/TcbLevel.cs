namespace Casemate.Attestation.Dcap;

/// <summary>One level of a TCB info: platforms with at least these SVNs have this status.</summary>
/// <param name="SgxComponents">Sixteen SVNs.</param>
/// <param name="PceSvn">SVN of the provisioning certification enclave.</param>
/// <param name="TdxComponents">Sixteen SVNs; null in TCB info for SGX.</param>
/// <param name="Date">tcbDate.</param>
/// <param name="Status">tcbStatus.</param>
/// <param name="AdvisoryIds">advisoryIDs.</param>
internal sealed record TcbLevel(
    byte[] SgxComponents, ushort PceSvn, byte[]? TdxComponents, DateTimeOffset Date, TcbStatus Status, string[] AdvisoryIds)
    : IComparable<TcbLevel>
{
    /// <summary>Orders levels from newest to oldest: SGX components, PCESVN, TDX components, each highest first.</summary>
    public int CompareTo(TcbLevel? other)
    {
        if (other is null)
        {
            return -1;
        }

        var order = other.SgxComponents.AsSpan().SequenceCompareTo(SgxComponents);
        order = order != 0 ? order : other.PceSvn.CompareTo(PceSvn);
        return order != 0 ? order : other.TdxComponents.AsSpan().SequenceCompareTo(TdxComponents);
    }
}
