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

    [Fact]
    public void Reads_ASecret_AndNamesNoValue()
    {
        var secret = SecretKind.Read(Parse("""{"metadata":{"name":"s","namespace":"x"},"type":"Opaque","data":{"a":"aGk=","b":"?"}}"""));

        Assert.Equal("hi"u8.ToArray(), secret.BytesOf("a"));
        Assert.Null(secret.BytesOf("c"));
        Assert.DoesNotContain("aGk=", secret.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("?", Assert.Throws<KubeException>(() => secret.BytesOf("b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_AWebhook()
    {
        var webhook = WebhookConfigurationKind.Read(Parse(
            """
            {"metadata":{"name":"w"},"webhooks":[{"name":"a.b","clientConfig":{"service":{"namespace":"x","name":"s","port":8443},"caBundle":"AA=="},
             "rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"],"scope":"*"}],
             "failurePolicy":"Ignore","timeoutSeconds":3,"reinvocationPolicy":"IfNeeded","namespaceSelector":{"matchLabels":{"a":"b"}}}]}
            """)).Webhooks[0];

        Assert.Equal(("a.b", "Ignore", 3, "IfNeeded"), (webhook.Name, webhook.FailurePolicy, webhook.TimeoutSeconds, webhook.ReinvocationPolicy));
        Assert.Equal(("x", "s", 8443), (webhook.ClientConfig.Service!.Namespace, webhook.ClientConfig.Service.Name, webhook.ClientConfig.Service.Port));
        Assert.Equal(["pods"], webhook.Rules[0].Resources);
        Assert.True(webhook.NamespaceSelector!.Selects(new Dictionary<string, string> { ["a"] = "b" }));
        Assert.Null(webhook.ObjectSelector);
    }

    [Theory]
    [InlineData("""{}""", true)]
    [InlineData("""{"matchLabels":{"a":"1"}}""", true)]
    [InlineData("""{"matchLabels":{"a":"2"}}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"In","values":["1","2"]}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"NotIn","values":["1"]}]}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"b","operator":"NotIn","values":["1"]}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"b","operator":"Exists"}]}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"b","operator":"DoesNotExist"}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"Near"}]}""", false)]
    public void Selects_ByLabels(string selector, bool isSelected)
    {
        var webhook = WebhookConfigurationKind.Read(Parse(
            "{\"metadata\":{\"name\":\"w\"},\"webhooks\":[{\"objectSelector\":" + selector + "}]}")).Webhooks[0];

        Assert.Equal(isSelected, webhook.ObjectSelector!.Selects(new Dictionary<string, string> { ["a"] = "1" }));
    }

    [Fact]
    public void Reads_AServiceWithItsPods_ARuntimeClass_ANamespace_AndAConfigMap()
    {
        var service = ServiceKind.Read(Parse(
            """{"metadata":{"name":"s"},"spec":{"clusterIP":"10.0.0.9","selector":{"app":"x"},"ports":[{"port":443,"targetPort":"https"}]}}"""));
        var slice = EndpointSliceKind.Read(Parse(
            """{"metadata":{"name":"s-1"},"endpoints":[{"addresses":["10.1.0.1"],"conditions":{"ready":false},"nodeName":"n1"},{"addresses":[]}]}"""));

        Assert.Equal(("10.0.0.9", 443), (service.Spec.ClusterIp, service.Spec.Ports[0].Port));
        Assert.Equal("https", service.Spec.Ports[0].TargetPort!.Value.GetString());
        Assert.Equal((false, "n1"), (slice.Endpoints[0].Conditions.Ready, slice.Endpoints[0].NodeName));
        Assert.Null(slice.Endpoints[1].Conditions.Ready);
        Assert.Equal("kata", RuntimeClassKind.Read(Parse("""{"metadata":{"name":"r"},"handler":"kata"}""")).Handler);
        Assert.Equal("Active", NamespaceKind.Read(Parse("""{"metadata":{"name":"n"},"status":{"phase":"Active"}}""")).Status.Phase);
        Assert.Equal("v", ConfigMapKind.Read(Parse("""{"metadata":{"name":"c"},"data":{"k":"v"}}""")).Data["k"]);
    }

    [Fact]
    public void Knows_EveryKindByItsName_Once()
    {
        Assert.All(KubeResource.Known, known => Assert.Same(known, KubeResource.FindKnown(known.ApiVersion, known.Kind)));
        Assert.Null(KubeResource.FindKnown("v1", "Deployment"));
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
