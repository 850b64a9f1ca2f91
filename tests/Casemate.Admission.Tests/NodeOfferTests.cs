using System.Text;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission.Tests;

/// <summary>What a Node object offers, and which nodes a pod can be placed on.</summary>
public sealed class NodeOfferTests
{
    [Fact]
    public void Reads_WhatANodeOffers()
    {
        var offer = NodeOffer.Read(KubeObject.Parse(Encoding.UTF8.GetBytes(
            """
            {"metadata":{"name":"n1","labels":{"tee":"sgx","casemate.dev/sgx-quote-mode":"helper"}},
             "spec":{"taints":[{"key":"a","value":"b","effect":"NoSchedule"}]},
             "status":{"allocatable":{"cpu":"4","sgx.intel.com/epc":"1Gi","kubernetes.azure.com/sgx_epc_mem_in_MiB":"0","sgx.intel.com/enclave":"110","sgx.intel.com/provision":"0"}}}
            """)));

        Assert.Equal(("n1", ResourceFamily.Intel, 1L << 30, (bool?)true), (offer.Name, offer.Family, offer.EpcBytes, offer.HasQuoteHelper));
        Assert.Equal([AccessResource.Enclave], offer.Access);
        Assert.Equal([new NodeTaint("a", "b", "NoSchedule")], offer.Taints);
    }

    [Fact]
    public void TakesANode_WithoutStatus_ForOneWithoutOffer()
    {
        var offer = NodeOffer.Read(KubeObject.Parse("""{"metadata":{"name":"n1"}}"""u8.ToArray()));

        Assert.Equal((null, 0L, null), (offer.Family, offer.EpcBytes, offer.HasQuoteHelper));
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"nodeName":"other"}""", false)]
    [InlineData("""{"nodeName":"large"}""", true)]
    [InlineData("""{"nodeSelector":{"tee":"sgx"}}""", true)]
    [InlineData("""{"nodeSelector":{"tee":"tdx"}}""", false)]
    [InlineData("""{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"pool","operator":"In","values":["small"]}]},{"matchExpressions":[{"key":"pool","operator":"Exists"}]}]}}}}""", true)]
    [InlineData("""{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"pool","operator":"NotIn","values":["large"]}]}]}}}}""", false)]
    [InlineData("""{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["large"]}]}]}}}}""", true)]
    [InlineData("""{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"pool","operator":"DoesNotExist"}]}]}}}}""", false)]
    [InlineData("""{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{}]}}}}""", false)]
    [InlineData("""{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"cores","operator":"Gt","values":["4"]}]}]}}}}""", true)]
    [InlineData("""{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"cores","operator":"Lt","values":["8"]}]}]}}}}""", false)]
    public void APod_Reaches_TheNodesThatItSelects(string spec, bool reaches)
    {
        using var json = JsonDocument.Parse(spec);
        var node = Judged.Large with { Labels = new Dictionary<string, string>(Judged.Large.Labels) { ["cores"] = "8" } };

        Assert.Equal(reaches, PodReach.Includes(json.RootElement, node));
    }
}
