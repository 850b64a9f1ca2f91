using Casemate.Kubernetes;
using Casemate.Node.Cluster;

namespace Casemate.Node.Tests.Cluster;

/// <summary>What a pod holds, of answers that no API server should give.</summary>
public sealed class PodUsesTests
{
    [Theory]
    [InlineData("""{"containers":[null]}""")]
    [InlineData("""{"initContainers":[null],"containers":[]}""")]
    [InlineData("""{"containers":{}}""")]
    [InlineData("""{"containers":[{"resources":{"requests":{"sgx.intel.com/epc":"-1"}}}]}""")]
    [InlineData("""{"containers":[{"resources":{"requests":{"sgx.intel.com/epc":"1e30"}}}]}""")]
    [InlineData("""{"containers":[{"resources":{"requests":{"sgx.intel.com/epc":null}}},{"resources":{"limits":{"sgx.intel.com/epc":"half"}}}]}""")]
    public void Is_AllThereIs_WhereItCannotBeRead(string spec) => Assert.Equal(long.MaxValue, Read(spec)?.Bytes);

    [Theory]
    [InlineData("""{"containers":null}""")]
    [InlineData("""{"containers":[{"resources":null}]}""")]
    [InlineData("""{"containers":[{"resources":{"requests":null,"limits":null}}]}""")]
    public void IsNothing_WhereNothingIsAskedFor(string spec) => Assert.Null(Read(spec));

    private static PodRequest? Read(string spec) => PodUses.Read(
        KubeObject.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{"metadata":{"name":"p","namespace":"n","uid":"u"},"spec":{{spec}}}""")));
}
