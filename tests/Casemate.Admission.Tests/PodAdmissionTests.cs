using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Admission.Tests;

/// <summary>What becomes of pods that ask for EPC.</summary>
public sealed class PodAdmissionTests
{
    private const string Azure = "kubernetes.azure.com/sgx_epc_mem_in_MiB";
    private const string Intel = "sgx.intel.com/epc";

    [Fact]
    public void Leaves_APodWithoutSgx_Untouched() =>
        Assert.Same(AdmissionDecision.Untouched, Judged.Of(Judged.Pod("""{"cpu":"1"}"""), Judged.Small, Judged.Large).Decision);

    [Theory]
    [InlineData("kubernetes.azure.com/sgx_epc_mem_in_MiB", "10")]
    [InlineData("openenclave.io/sgx_epc_MiB", "10")]
    [InlineData("alibabacloud.com/sgx_epc_MiB", "10")]
    [InlineData("sgx.intel.com/epc", "10Mi")]
    public void Writes_EveryName_AsTheOneThatNodesPublish(string name, string amount)
    {
        var onLarge = Judged.Of(Judged.Pod($$"""{"{{name}}":"{{amount}}"}"""), Judged.Large);
        var onSmall = Judged.Of(Judged.Pod($$"""{"{{name}}":"{{amount}}"}"""), Judged.Small);

        Assert.Equal(("10Mi", "10Mi"), (onLarge.Limit(Intel), onLarge.Request(Intel)));
        Assert.Equal(("10", "10"), (onSmall.Limit(Azure), onSmall.Request(Azure)));
        Assert.All(ResourceFamily.All.Select(family => family.Name).Except([Intel]), other => Assert.Null(onLarge.Limit(other)));
        Assert.All(ResourceFamily.All.Select(family => family.Name).Except([Azure]), other => Assert.Null(onSmall.Limit(other)));
    }

    [Fact]
    public void Rounds_BytesUp_ToWholeMiB() =>
        Assert.Equal("2", Judged.Of(Judged.Pod($$"""{"{{Intel}}":"1052672"}"""), Judged.Small).Limit(Azure));

    // Kata gives the guest what the annotation says: less than what is written under the resource's name would be too little.
    [Fact]
    public void TheAnnotation_IsTheSumOfWhatIsWritten()
    {
        var pod = $$$$"""
            {"spec":{"containers":[{"name":"a","resources":{"limits":{"{{{{Intel}}}}":"1500Ki"}}},
             {"name":"b","resources":{"limits":{"{{{{Intel}}}}":"1500Ki"}}}]}}
            """;
        var (small, large) = (Judged.Of(pod, Judged.Small), Judged.Of(pod, Judged.Large));
        var claims = Judged.Of(pod, new AdmissionSettings { BackEnd = EpcBackEnd.Claim });

        Assert.Equal(("2", "2"), (small.Limit(Azure), small.Limit(Azure, index: 1)));
        Assert.Equal("4Mi", Annotated(small));
        Assert.Equal("1500Ki", large.Limit(Intel));
        Assert.Equal("3000Ki", Annotated(large));
        Assert.Equal("casemate-sgx-epc-2mi", claims.After["spec"]!["resourceClaims"]![0]!["resourceClaimTemplateName"]!.GetValue<string>());
        Assert.Equal("4Mi", Annotated(claims));

        static string Annotated(Judged judged) =>
            judged.After["metadata"]!["annotations"]![PodNames.EpcAnnotation]!.GetValue<string>();
    }

    [Fact]
    public void Takes_AnAmountWrittenAsANumber() =>
        Assert.Equal("10Mi", Judged.Of(Judged.Pod($$"""{"{{Azure}}":10}"""), Judged.Large).Limit(Intel));

    [Theory]
    [InlineData("""{"spec":{"containers":[{"name":"a","resources":{"requests":{"sgx.intel.com/epc":"1Mi"}}}]}}""")]
    [InlineData("""{"metadata":null,"spec":{"tolerations":null,"containers":[{"name":"a","env":null,"resources":{"limits":null,"requests":{"sgx.intel.com/epc":"1Mi"}}}]}}""")]
    [InlineData("""{"metadata":{"annotations":null},"spec":{"volumes":null,"containers":[{"name":"a","resources":{"limits":{},"requests":{"sgx.intel.com/epc":"1Mi"}}}]}}""")]
    public void Takes_AbsentNullAndEmpty_ForTheSame(string pod)
    {
        var judged = Judged.Of(pod, Judged.Large);

        Assert.Equal(("1Mi", "1Mi"), (judged.Limit(Intel), judged.Request(Intel)));
        Assert.Equal("1", judged.Limit(AccessResource.Enclave));
        Assert.Equal("1Mi", judged.After["metadata"]!["annotations"]![PodNames.EpcAnnotation]!.GetValue<string>());
        Assert.Equal(Intel, Assert.Single(judged.After["spec"]!["tolerations"]!.AsArray())!["key"]!.GetValue<string>());
    }

    [Fact]
    public void Completes_InitContainers_AsWell()
    {
        var judged = Judged.Of(
            $$$$"""
            {"spec":{"initContainers":[{"name":"i","resources":{"limits":{"{{{{Azure}}}}":"4"}}},
             {"name":"s","restartPolicy":"Always","resources":{"limits":{"{{{{Azure}}}}":"6"}}}],"containers":[{"name":"c"}]}}
            """, Judged.Large);

        Assert.Equal("4Mi", judged.Limit(Intel, "initContainers"));
        Assert.Equal("6Mi", judged.Limit(Intel, "initContainers", 1));
        Assert.Equal("1", judged.Limit(AccessResource.Enclave, "initContainers", 1));
        Assert.Equal(6L << 20, judged.Decision.EpcBytes);
    }

    [Fact]
    public void Keeps_WhatWasAskedFor_InAnAnnotationOfTheContainer() => Assert.Equal(
        "kubernetes.azure.com/sgx_epc_mem_in_MiB=10",
        Judged.Of(Judged.Pod($$"""{"{{Azure}}":"10"}"""), Judged.Large).After["metadata"]!["annotations"]!["original-epc.casemate.dev/app"]!
            .GetValue<string>());

    [Fact]
    public void Refuses_TwoNames_WithDifferentAmounts_NamingBoth()
    {
        var denial = Judged.Of(Judged.Pod($$"""{"{{Azure}}":"10","{{Intel}}":"20Mi"}"""), Judged.Large).Decision;

        Assert.True(denial.IsDenied);
        Assert.Empty(denial.Patch);
        Assert.Equal(AdmissionFindingId.AmountsDiffer, Assert.Single(denial.Findings).Id);
        Assert.Contains("10 (10 MiB)", denial.Denial, StringComparison.Ordinal);
        Assert.Contains("20Mi (20 MiB)", denial.Denial, StringComparison.Ordinal);
    }

    [Fact]
    public void Collapses_TwoNames_WithTheSameAmount()
    {
        var judged = Judged.Of(Judged.Pod($$"""{"{{Azure}}":"10","{{Intel}}":"10485760"}"""), Judged.Large);

        Assert.Equal("10485760", judged.Limit(Intel));
        Assert.Null(judged.Limit(Azure));
        Assert.False(judged.Decision.IsDenied);
    }

    [Fact]
    public void Refuses_ARequestThatIsNotTheLimit() => Assert.True(Judged.Of(
        $$$$"""{"spec":{"containers":[{"name":"a","resources":{"limits":{"{{{{Intel}}}}":"2Mi"},"requests":{"{{{{Intel}}}}":"1Mi"}}}]}}""",
        Judged.Large).Decision.IsDenied);

    [Fact]
    public void Chooses_TheNode_ThatIsLargeEnough()
    {
        Assert.Equal("100Mi", Judged.Of(Judged.Pod($$"""{"{{Azure}}":"100"}"""), Judged.Small, Judged.Large).Limit(Intel));
        Assert.Equal("10", Judged.Of(Judged.Pod($$"""{"{{Azure}}":"10"}"""), Judged.Small, Judged.Large).Limit(Azure));
    }

    [Fact]
    public void Chooses_AmongTheNodes_ThatThePodSelects()
    {
        var pod = $$$$"""{"spec":{"nodeSelector":{"pool":"large"},"containers":[{"name":"app","resources":{"limits":{"{{{{Azure}}}}":"10"}}}]}}""";

        Assert.Equal("10Mi", Judged.Of(pod, Judged.Small, Judged.Large).Limit(Intel));
    }

    [Fact]
    public void Keeps_TheName_WhereNoNodeIsKnown()
    {
        var judged = Judged.Of(Judged.Pod($$"""{"{{Azure}}":"10"}"""));

        Assert.Equal(("10", "10"), (judged.Limit(Azure), judged.Request(Azure)));
        Assert.Null(judged.Limit(AccessResource.Enclave));
    }

    [Fact]
    public void Follows_TheSetting_WhateverNodesPublish() => Assert.Equal(
        "10Mi",
        Judged.Of(Judged.Pod($$"""{"{{Azure}}":"10"}"""), new AdmissionSettings { Family = ResourceFamily.Intel }, Judged.Small).Limit(Intel));

    [Fact]
    public void GivesTheEnclaveDevice_OfSconesName_WhereNodesDoNotOfferIt()
    {
        var judged = Judged.Of(Judged.Pod($$"""{"{{AccessResource.Scone}}":1}"""), Judged.Large);

        Assert.Equal(("1", null), (judged.Limit(AccessResource.Enclave), judged.Limit(AccessResource.Scone)));
        var offered = Judged.Large with { Access = [AccessResource.Enclave, AccessResource.Scone] };
        Assert.Equal("1", Judged.Of(Judged.Pod($$"""{"{{AccessResource.Scone}}":1}"""), offered).Limit(AccessResource.Scone));
    }

    [Fact]
    public void GivesTheProvisioningDevice_ToTheContainer_ThatTheAnnotationNames()
    {
        var judged = Judged.Of(
            Judged.Pod($$"""{"{{Intel}}":"1Mi"}""", annotations: """{"sgx.intel.com/quote-provider":"aesmd, app"}"""), Judged.Large);

        Assert.Equal(("1", "1"), (judged.Limit(AccessResource.Provision), judged.Request(AccessResource.Provision)));
        Assert.Equal("""[{"name":"SGX_AESM_ADDR","value":"1"}]""", judged.After["spec"]!["containers"]![0]!["env"]!.ToJsonString());
    }

    [Theory]
    [InlineData("other", "default", true)]
    [InlineData("default", "default", false)]
    [InlineData("default/other", "default", true)]
    [InlineData("default/default", "default", false)]
    public void Refuses_TheProvisioningDevice_ToWhomMayNotHaveIt(string allowed, string inNamespace, bool refused)
    {
        var judged = Judged.Of(
            Judged.Pod($$"""{"{{Intel}}":"1Mi","{{AccessResource.Provision}}":"1"}"""), new NamespaceFacts(inNamespace),
            new AdmissionSettings { ProvisionAllowed = [allowed] }, Judged.Large);

        Assert.Equal(refused, judged.Decision.IsDenied);
    }

    [Fact]
    public void ANullInTheLimits_HidesNoRequest() => Assert.True(Judged.Of(
        """
        {"metadata":{"name":"p"},"spec":{"containers":[{"name":"app","resources":
         {"limits":{"sgx.intel.com/provision":null},"requests":{"sgx.intel.com/provision":"1"}}}]}}
        """,
        new AdmissionSettings { ProvisionAllowed = [] }, Judged.Large).Decision.IsDenied);

    [Theory]
    [InlineData("sgx.intel.com/qe")]
    [InlineData("sgx.intel.com/registration")]
    public void Refuses_WhateverBringsTheProvisioningDevice_ToWhomMayNotHaveIt(string resource) => Assert.True(Judged.Of(
        Judged.Pod($$"""{"{{resource}}":"1"}"""), new AdmissionSettings { ProvisionAllowed = [] }, Judged.Large).Decision.IsDenied);

    [Fact]
    public void AddsNoVolume_WhereTheNodeAgentMountsTheSocket() => Assert.Null(Judged.Of(
        Judged.Pod($$"""{"{{Intel}}":"1Mi"}""", annotations: """{"sgx.intel.com/quote-provider":"aesmd"}"""), Judged.Large)
        .After["spec"]!["volumes"]);

    [Fact]
    public void AddsAHostPath_WhereTheSettingsSaySo()
    {
        var settings = new AdmissionSettings { Aesm = AesmMount.HostPath };
        var annotations = """{"sgx.intel.com/quote-provider":"aesmd"}""";
        var after = Judged.Of(Judged.Pod($$"""{"{{Intel}}":"1Mi"}""", annotations: annotations), settings, Judged.Large).After;
        var own = Judged.Of(
            Judged.Pod($$"""{"{{Intel}}":"1Mi"}""", ""","volumeMounts":[{"name":"x","mountPath":"/var/run/aesmd/"}]""", annotations), settings,
            Judged.Large);

        Assert.Equal("/var/run/aesmd", after["spec"]!["volumes"]![0]!["hostPath"]!["path"]!.GetValue<string>());
        Assert.Equal("aesmd-socket", after["spec"]!["containers"]![0]!["volumeMounts"]![0]!["name"]!.GetValue<string>());
        Assert.DoesNotContain(ChangeId.AesmMountAdded, own.Changes);
    }

    [Fact]
    public void SharesMemory_WithAnAesmInThePod()
    {
        var after = Judged.Of(
            $$$$"""
            {"metadata":{"annotations":{"sgx.intel.com/quote-provider":"aesmd"}},"spec":{"containers":[
             {"name":"aesmd","resources":{"limits":{"{{{{Intel}}}}":"1Mi"}}},{"name":"app","resources":{"limits":{"{{{{Intel}}}}":"1Mi"}}}]}}
            """, Judged.Large).After["spec"]!;

        Assert.Equal("Memory", after["volumes"]![0]!["emptyDir"]!["medium"]!.GetValue<string>());
        Assert.All(after["containers"]!.AsArray(), container => Assert.NotNull(container!["volumeMounts"]));
        Assert.Null(after["containers"]![0]!["env"]);
        Assert.NotNull(after["containers"]![1]!["env"]);
    }

    [Fact]
    public void SetsTheVariable_WhereTheNamespaceSaysSo() => Assert.Contains(
        ChangeId.AesmAddressAdded,
        Judged.Of(
            Judged.Pod($$"""{"{{Intel}}":"1Mi"}"""), new NamespaceFacts("default") { SetsAesmAddress = true }, AdmissionSettings.Default,
            Judged.Large).Changes);

    [Fact]
    public void NeverRepeats_WhatIsThere()
    {
        var judged = Judged.Of(
            $$$$"""
            {"metadata":{"annotations":{"sgx.intel.com/quote-provider":"aesmd","sgx.intel.com/epc":"7Mi"}},"spec":{
             "tolerations":[{"operator":"Exists"}],"containers":[{"name":"app","env":[{"name":"SGX_AESM_ADDR","value":"0"}],
             "resources":{"limits":{"{{{{Intel}}}}":"1Mi","sgx.intel.com/enclave":"1"},"requests":{"{{{{Intel}}}}":"1048576","sgx.intel.com/enclave":"1"}}}]}}
            """, Judged.Large);

        Assert.Empty(judged.Decision.Patch);
        Assert.True(judged.Decision.UsesSgx);
    }

    [Fact]
    public void Tolerates_TheTaintOfAksEngine_WhereANodeHasIt()
    {
        var tainted = Judged.Large with { Taints = [new NodeTaint("openenclave.io/sgx_epc_MiB", "true", "NoSchedule")] };

        Assert.Equal(
            [Intel, "openenclave.io/sgx_epc_MiB"],
            Judged.Of(Judged.Pod($$"""{"{{Intel}}":"1Mi"}"""), tainted).After["spec"]!["tolerations"]!.AsArray()
                .Select(toleration => toleration!["key"]!.GetValue<string>()));
    }

    [Fact]
    public void Makes_ClaimsOfRequests_WhenAsked()
    {
        var judged = Judged.Of(
            Judged.Pod($$"""{"{{Intel}}":"65Mi","sgx.intel.com/enclave":"1","sgx.intel.com/provision":"1"}"""),
            new AdmissionSettings { BackEnd = EpcBackEnd.Claim });
        var spec = judged.After["spec"]!;

        Assert.Equal("{}", spec["containers"]![0]!["resources"]!["limits"]!.ToJsonString());
        Assert.Equal(
            """[{"name":"casemate-epc-0","resourceClaimTemplateName":"casemate-sgx-epc-65mi"},{"name":"casemate-provision-0","resourceClaimTemplateName":"casemate-sgx-provision"}]""",
            spec["resourceClaims"]!.ToJsonString());
        Assert.Equal(2, spec["containers"]![0]!["resources"]!["claims"]!.AsArray().Count);
        Assert.Equal(["sgx-epc", "sgx-provision"], judged.Decision.ClaimTemplates.Select(template => template.DeviceClass));
        Assert.Equal("65Mi", judged.Decision.ClaimTemplates[0].ToObject()["spec"]!["spec"]!["devices"]!["requests"]![0]!["exactly"]!["capacity"]!
            ["requests"]!["epc"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"spec":[]}""", "spec")]
    [InlineData("""{"spec":{"containers":{}}}""", "spec.containers")]
    [InlineData("""{"spec":{"containers":[1]}}""", "spec.containers")]
    [InlineData("""{"spec":{"containers":[{"name":"sgx","resources":{"limits":"sgx"}}]}}""", "spec.containers[0].resources.limits")]
    [InlineData("""{"metadata":{"annotations":[]}}""", "metadata.annotations")]
    public void Touches_NoPodOfAnotherShape_AndNamesThePlace(string pod, string place)
    {
        var decision = Judged.Of(pod, Judged.Large).Decision;

        Assert.Empty(decision.Patch);
        Assert.Equal((AdmissionFindingId.MalformedPod, place), (decision.Findings.Single().Id, decision.Findings.Single().Path));
    }
}
