using Casemate.Kubernetes;

namespace Casemate.Admission.Tests;

/// <summary>What authors of pods are told.</summary>
public sealed class AdmissionFindingTests
{
    private const string Azure = "kubernetes.azure.com/sgx_epc_mem_in_MiB";
    private const string Intel = "sgx.intel.com/epc";

    [Theory]
    [InlineData(Intel, "10", AdmissionFindingId.AmountInBytes, "10Mi")]
    [InlineData(Intel, "5000", AdmissionFindingId.AmountInBytes, "5000Mi")]
    [InlineData(Azure, "10Mi", AdmissionFindingId.AmountWithSuffix, "10,485,760 MiB")]
    [InlineData(Azure, "1.5", AdmissionFindingId.AmountUnreadable, "whole number")]
    [InlineData(Azure, "-1", AdmissionFindingId.AmountUnreadable, "whole number")]
    [InlineData(Intel, "ten", AdmissionFindingId.AmountUnreadable, "64Mi")]
    [InlineData("sgx.intel.com/sgx_epc_mem_in_MiB", "10", AdmissionFindingId.UnknownResource, Azure)]
    [InlineData("sgx.intel.com/epcs", "10", AdmissionFindingId.UnknownResource, Intel)]
    [InlineData("example.com/sgx_epc_MiB", "1", AdmissionFindingId.UnknownResource, "openenclave.io/sgx_epc_MiB")]
    public void Explains_AnAmount(string name, string amount, AdmissionFindingId id, string told)
    {
        var decision = Judged.Of(Judged.Pod($$"""{"{{name}}":"{{amount}}"}""")).Decision;

        var finding = Assert.Single(decision.Findings);
        Assert.Equal(id, finding.Id);
        Assert.Contains(told, finding.Message + finding.Remedy, StringComparison.Ordinal);
        Assert.False(decision.IsDenied);
    }

    [Fact]
    public void Suggests_NoNameForOneThatMerelyHoldsAnother()
    {
        var finding = Assert.Single(Judged.Of(Judged.Pod("""{"acme.io/my_sgx_epc_MiB_quota":"1"}""")).Decision.Findings);

        Assert.Contains("Known names are", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Intel, "0", "64Mi")]
    [InlineData(Intel, "64Mi", "0")]
    [InlineData("sgx.intel.com/enclave", "1", "2")]
    public void Denies_ARequestThatIsNotTheLimit(string name, string limit, string request)
    {
        var judged = Judged.Of(
            "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"app\",\"resources\":"
                + $"{{\"limits\":{{\"{name}\":\"{limit}\"}},\"requests\":{{\"{name}\":\"{request}\"}}}}}}]}}}}",
            Judged.Large);

        var finding = Assert.Single(judged.Decision.Findings, one => one.Id is AdmissionFindingId.AmountsDiffer);
        Assert.Contains($"{limit} in limits and {request} in requests", finding.Message, StringComparison.Ordinal);
        Assert.True(judged.Decision.IsDenied);
    }

    [Theory]
    [InlineData("\"serviceAccount\":\"quoter\"", "service account quoter")]
    [InlineData("\"serviceAccount\":\"old\",\"serviceAccountName\":\"quoter\"", "service account quoter")]
    public void ReadsTheOlderNameOfTheServiceAccount_AsTheApiServerDoes(string accounts, string told)
    {
        var judged = Judged.Of(
            $"{{\"spec\":{{{accounts},\"containers\":[{{\"name\":\"app\",\"resources\":{{\"limits\":{{\"sgx.intel.com/provision\":\"1\"}}}}}}]}}}}",
            new AdmissionSettings { ProvisionAllowed = [] }, Judged.Large);

        Assert.Contains(told, Assert.Single(judged.Decision.Findings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acme.io/deepcopy")]
    [InlineData("acme.io/epcis-readers")]
    public void LeavesNamesAlone_ThatOnlyHoldTheLetters(string name) =>
        Assert.Empty(Judged.Of(Judged.Pod($$"""{"{{name}}":"1"}""")).Decision.Findings);

    [Fact]
    public void SaysNothing_OfAGoodPod() =>
        Assert.Empty(Judged.Of(Judged.Pod($$"""{"{{Intel}}":"64Mi"}"""), Judged.Large).Decision.Findings);

    [Fact]
    public void Tells_WhatNoNodeHas()
    {
        var finding = Assert.Single(Judged.Of(Judged.Pod($$"""{"{{Azure}}":"29"}"""), Judged.Small).Decision.Findings);

        Assert.Equal(AdmissionFindingId.LargerThanNodes, finding.Id);
        Assert.Contains("29 MiB", finding.Message, StringComparison.Ordinal);
        Assert.Contains("28 MiB", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_WhenNoReachableNodeOffers()
    {
        var without = Judged.Small with { Family = null, EpcBytes = 0 };

        Assert.Equal([AdmissionFindingId.NoNodeOffers], Judged.Of(Judged.Pod($$"""{"{{Azure}}":"2"}"""), without).Findings);
    }

    [Theory]
    [InlineData(""","securityContext":{"privileged":true}""", AdmissionFindingId.Privileged)]
    [InlineData(""","env":[{"name":"SGX_AESM_ADDR","value":1}]""", AdmissionFindingId.ValueNotText)]
    public void Tells_OfAContainer(string more, AdmissionFindingId id) =>
        Assert.Contains(id, Judged.Of(Judged.Pod($$"""{"{{Intel}}":"1Mi"}""", more), Judged.Large).Findings);

    [Theory]
    [InlineData("/dev/sgx")]
    [InlineData("/dev/sgx/enclave")]
    [InlineData("/dev/sgx_provision")]
    [InlineData("/dev/isgx")]
    public void Tells_OfAHostsDevice_EvenWhereNothingIsAskedFor(string path)
    {
        var judged = Judged.Of($$$"""{"spec":{"containers":[],"volumes":[{"name":"x","hostPath":{"path":"{{{path}}}"}}]}}""", Judged.Large);

        Assert.Equal([AdmissionFindingId.HostDevice], judged.Findings);
        Assert.Empty(judged.Decision.Patch);
    }

    [Fact]
    public void Tells_OfAUserNamespace() => Assert.Equal(
        [AdmissionFindingId.UserNamespace],
        Judged.Of(
            $$$$"""{"spec":{"hostUsers":false,"containers":[{"name":"a","resources":{"limits":{"{{{{Intel}}}}":"1Mi"}}}]}}""", Judged.Large).Findings);

    [Fact]
    public void Tells_OfQuotes_WhereNoHelperRuns()
    {
        var pod = Judged.Pod($$"""{"{{Intel}}":"1Mi"}""", ""","env":[{"name":"SGX_AESM_ADDR","value":"1"}]""");

        Assert.Equal([AdmissionFindingId.QuotesWithoutHelper], Judged.Of(pod, Judged.Large with { HasQuoteHelper = false }).Findings);
        Assert.Empty(Judged.Of(pod, Judged.Large with { HasQuoteHelper = null }).Findings);
        Assert.Empty(Judged.Of(pod, Judged.Large, Judged.Large with { HasQuoteHelper = false }).Findings);
    }

    [Fact]
    public void Tells_OfAQuoteProvider_ThatIsNoContainer() => Assert.Equal(
        [AdmissionFindingId.UnknownQuoteProvider],
        Judged.Of(
            Judged.Pod($$"""{"{{Intel}}":"1Mi"}""", annotations: """{"sgx.intel.com/quote-provider":"nobody"}"""), Judged.Large).Findings);

    [Fact]
    public void Tells_OfResources_InAnEphemeralContainer() => Assert.Equal(
        [AdmissionFindingId.EphemeralResources],
        Judged.Of(
            $$$$"""{"spec":{"containers":[],"ephemeralContainers":[{"name":"d","resources":{"limits":{"{{{{Intel}}}}":"1Mi"}}}]}}""",
            Judged.Large).Findings);

    [Fact]
    public void Refuses_ByPolicy_WhatItWouldWarnOf()
    {
        var settings = new AdmissionSettings { Denied = [AdmissionFindingId.AmountInBytes] };

        Assert.True(Judged.Of(Judged.Pod($$"""{"{{Intel}}":"10"}"""), settings, Judged.Large).Decision.IsDenied);
        Assert.False(Judged.Of(Judged.Pod($$"""{"{{Intel}}":"10Mi"}"""), settings, Judged.Large).Decision.IsDenied);
    }
}
