using Casemate.Testing;

namespace Casemate.Rpc.Tests;

public sealed class PublicApiTests
{
    /// <summary>
    /// After a deliberate change: run with CASEMATE_ACCEPT_API=1 and commit tests/api. The messages of the kubelet are left out: their
    /// surface is what the generator makes of the .proto files, which are reviewed themselves.
    /// </summary>
    [Fact]
    public void PublicSurface_IsTheAcceptedOne()
    {
        var (accepted, actual) = PublicApi.Compare(
            typeof(RpcServer).Assembly, type => type.Namespace?.StartsWith("Casemate.Rpc.Kubelet.", StringComparison.Ordinal) != true);

        Assert.Equal(accepted, actual);
    }
}
