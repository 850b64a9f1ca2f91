using System.Text;

namespace Casemate.Kubernetes.Tests;

/// <summary>The fields that are read of the kinds that are known.</summary>
public sealed class KindTests
{
    [Fact]
    public void Reads_ANode()
    {
        var node = NodeKind.Read(Parse(
            """
            {"metadata":{"name":"n1","uid":"u","labels":null,"new":[1]},"spec":{"taints":[{"key":"k","effect":"NoSchedule"}],"unknown":{}},
             "status":{"capacity":{"sgx.intel.com/epc":"10"},"conditions":[{"type":"Ready","status":"True"}]}}
            """));

        Assert.Equal("n1", node.Metadata.Name);
        Assert.Empty(node.Metadata.Labels);
        Assert.Equal(("k", "", "NoSchedule"), (node.Spec.Taints[0].Key, node.Spec.Taints[0].Value, node.Spec.Taints[0].Effect));
        Assert.Equal("10", node.Status.Capacity["sgx.intel.com/epc"]);
        Assert.Empty(node.Status.Allocatable);
        Assert.Equal("True", node.Status.Conditions[0].Status);
    }

    [Fact]
    public void Reads_WhatAPodAsksFor()
    {
        var pod = PodKind.Read(Parse(
            """
            {"metadata":{"name":"p","namespace":"x","deletionTimestamp":"2026-03-01T12:00:00Z"},
             "spec":{"nodeName":"n1","containers":[{"name":"a","resources":{"limits":{"sgx.intel.com/epc":"10Mi"}}},{"name":"b"}],
                     "initContainers":[{"name":"i","restartPolicy":"Always"}],"resourceClaims":[{"name":"c","resourceClaimName":"claim"}]},
             "status":{"phase":"Pending"}}
            """));

        Assert.Equal("10Mi", pod.Spec.Containers[0].Resources.Limits["sgx.intel.com/epc"]);
        Assert.Empty(pod.Spec.Containers[1].Resources.Requests);
        Assert.Equal("Always", pod.Spec.InitContainers[0].RestartPolicy);
        Assert.Equal("claim", pod.Spec.ResourceClaims[0].ResourceClaimName);
        Assert.NotNull(pod.Metadata.DeletionTimestamp);
        Assert.Equal("Pending", pod.Status.Phase);
    }

    [Fact]
    public void Reads_WhatAClaimWasGiven()
    {
        var claim = ResourceClaimKind.Read(Parse(
            """
            {"metadata":{"name":"c"},"status":{"allocation":{"devices":{"results":[{"request":"epc","driver":"sgx.casemate.dev","pool":"n1",
             "device":"epc-0","shareID":"s","consumedCapacity":{"epc":"64Mi"}}]}},"reservedFor":[{"resource":"pods","name":"p","uid":"u"}]}}
            """));

        var result = Assert.Single(claim.Status.Allocation!.Devices.Results);
        Assert.Equal(("epc-0", "s", "64Mi"), (result.Device, result.ShareId, result.ConsumedCapacity["epc"]));
        Assert.Equal("p", claim.Status.ReservedFor[0].Name);
        Assert.Null(ResourceClaimKind.Read(Parse("""{"metadata":{"name":"c"}}""")).Status.Allocation);
    }

    [Fact]
    public void Reads_ASlice_AClass_AnEvent_AndALease()
    {
        var slice = ResourceSliceKind.Read(Parse(
            """
            {"metadata":{"name":"s"},"spec":{"driver":"d","nodeName":"n1","pool":{"name":"n1","generation":3,"resourceSliceCount":1},
             "devices":[{"name":"epc-0","allowMultipleAllocations":true,"attributes":{"kind":{"string":"epc"}},"capacity":{"epc":{"value":"8Gi"}}}]}}
            """));
        var deviceClass = DeviceClassKind.Read(Parse("""{"metadata":{"name":"c"},"spec":{"selectors":[{"cel":{"expression":"true"}},{}]}}"""));
        var happened = EventKind.Read(Parse("""{"metadata":{"name":"e"},"reason":"NodeStuck","regarding":{"name":"n1"},"series":{"count":4}}"""));
        var lease = LeaseKind.Read(Parse("""{"metadata":{"name":"l"},"spec":{"holderIdentity":"me","renewTime":"2026-03-01T12:00:00.000000Z"}}"""));

        Assert.Equal(3, slice.Spec.Pool.Generation);
        Assert.Equal("epc", slice.Spec.Devices[0].Attributes["kind"].GetProperty("string").GetString());
        Assert.Equal("8Gi", slice.Spec.Devices[0].Capacity["epc"].GetProperty("value").GetString());
        Assert.Equal("true", deviceClass.Spec.Selectors[0].Cel!.Expression);
        Assert.Equal(4, happened.Series!.Count);
        Assert.Equal("me", lease.Spec.HolderIdentity);
        Assert.NotNull(lease.Spec.RenewTime);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":1}}""", "$.metadata.name")]
    [InlineData("""{"metadata":{"name":"n"},"spec":[]}""", "$.spec")]
    [InlineData("""{"metadata":{"name":"n"},"status":{"capacity":{"cpu":{}}}}""", "$.status.capacity.cpu")]
    public void Refuses_AnotherType_NamingTheField(string json, string field) =>
        Assert.Contains(field, Assert.Throws<KubeException>(() => NodeKind.Read(Parse(json))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"metadata":[]}""")]
    [InlineData("""{"metadata":{"name":"a","name":"b"}}""")]
    [InlineData("""{"metadata":{"name":"\ud800"}}""")]
    public void Refuses_WhatIsNoObject(string json) => Assert.Throws<KubeException>(() => Parse(json));

    [Fact]
    public void Refuses_AnObjectThatIsTooDeep() => Assert.Throws<KubeException>(
        () => Parse("{\"metadata\":" + string.Concat(Enumerable.Repeat("{\"a\":", 70)) + "1" + new string('}', 71)));

    private static KubeObject Parse(string json) => KubeObject.Parse(Encoding.UTF8.GetBytes(json));
}
