namespace Casemate.Addon.Tests;

/// <summary>What goes into manifests is checked first: it must not become other YAML than was meant.</summary>
public sealed class AddonOptionsTests
{
    [Theory]
    [InlineData("registry.example/casemate@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("localhost:5000/casemate:1")]
    [InlineData("true/casemate")]
    public void AnImage_IsPutIntoEveryPod(string image)
    {
        var text = AddonManifests.Render(new AddonOptions { Image = image, WithQuoteHelper = true });
        Assert.Equal(3, text.Split($"image: {image}\n").Length - 1);
    }

    [Fact]
    public void TheQuoteHelper_MayHaveAnotherImage() => Assert.Contains(
        "image: registry.example/helper:1\n",
        AddonManifests.Render(new AddonOptions { WithQuoteHelper = true, QuoteHelperImage = "registry.example/helper:1" }), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\nprivileged: true")]
    [InlineData("a: b")]
    [InlineData("-a")]
    [InlineData("a\"")]
    [InlineData("registry.example/casemate@sha256:...")]
    [InlineData("a:b:c")]
    [InlineData("http://x/y")]
    public void WhatIsNoImage_IsRefused(string image) =>
        Assert.Throws<AddonException>(() => AddonManifests.Render(new AddonOptions { Image = image }));

    [Fact]
    public void AnImage_IsText_WhateverItsName() => Assert.Contains(
        "image: \"true\"\n", AddonManifests.Render(new AddonOptions { Image = "true" }), StringComparison.Ordinal);

    [Fact]
    public void TheObjects_AreThoseOfTheText() => Assert.Equal(
        Documents.Of(AddonManifests.Render(new AddonOptions())).Select(Documents.Key),
        AddonManifests.Objects(new AddonOptions()).Select(one => $"{one.Kind} {one.Namespace}/{one.Name}"));

    [Theory]
    [InlineData("")]
    [InlineData("../../etc")]
    [InlineData("a b")]
    public void WhatIsNoMachine_IsRefused(string machine) =>
        Assert.Throws<AddonException>(() => AddonManifests.Render(new AddonOptions { Overlay = AddonOverlay.Simulated, Machine = machine }));

    [Fact]
    public void TheSameOptions_GiveTheSameBytes() => Assert.Equal(
        AddonManifests.Render(new AddonOptions { Overlay = AddonOverlay.Aks }), AddonManifests.Render(new AddonOptions { Overlay = AddonOverlay.Aks }));

    [Fact]
    public void SimulatedClusters_NameTheirMachine_AndMountNoHardware()
    {
        var text = AddonManifests.Render(new AddonOptions { Overlay = AddonOverlay.Simulated, Machine = "dc48s_v3" });
        Assert.Contains("- --simulate\n        - dc48s_v3\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("path: /dev\n", text, StringComparison.Ordinal);
        Assert.Contains("- simulated\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void DescribedMachines_MayOfferTheirDevicesByClaims_AndTheirQuoteHelperClaimsNone()
    {
        var text = AddonManifests.Render(new AddonOptions { Overlay = AddonOverlay.Dra, WithDescribedMachines = true, Machine = "dc48s_v3" });
        Assert.Contains("- --simulate\n        - dc48s_v3\n", text, StringComparison.Ordinal);
        Assert.Contains("- --dra\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("path: /dev\n", text, StringComparison.Ordinal);
        Assert.Contains("- simulated\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("kind: ResourceClaimTemplate\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AddonOverlay.Generic)]
    [InlineData(AddonOverlay.Aks)]
    [InlineData(AddonOverlay.AksEngine)]
    public void DescribedMachines_DoNotGoWithOverlaysOfHardware(AddonOverlay overlay) =>
        Assert.Throws<AddonException>(() => AddonManifests.Render(new AddonOptions { Overlay = overlay, WithDescribedMachines = true }));

    [Theory]
    [InlineData("casemate-quote-helper", "sgx.intel.com/capable", "dcap")]
    [InlineData("casemate-quote-helper-tdx", "casemate.dev/tdx-guest", "tsm")]
    [InlineData("casemate-quote-helper-snp", "casemate.dev/snp-guest", "snp")]
    public void WhereDevicesComeByClaims_EachKindOfNode_HasTheQuoteHelperThatWorksThere(string name, string label, string provider)
    {
        var pod = AddonManifests.Objects(new AddonOptions { Overlay = AddonOverlay.Dra, WithQuoteHelper = true })
            .Single(one => one.Kind == "DaemonSet" && one.Name == name).At("spec", "template", "spec")!.Value;
        Assert.Equal("true", pod.GetProperty("nodeSelector").GetProperty(label).GetString());
        Assert.Equal(["--provider", provider], pod.GetProperty("containers")[0].GetProperty("args").EnumerateArray().Take(2).Select(word => word.GetString()));
        Assert.Equal(
            provider == "tsm",
            pod.GetProperty("volumes").EnumerateArray().Any(volume => volume.TryGetProperty("hostPath", out var path)
                && path.GetProperty("path").GetString() == "/sys/kernel/config/tsm/report"));
    }

    [Theory]
    [InlineData("snp-guest", "casemate.dev/snp-guest", "snp")]
    [InlineData("tdx-guest", "casemate.dev/tdx-guest", "tdx")]
    public void DescribedGuests_HaveAQuoteHelper_WithEvidenceOfTheirKind(string machine, string label, string tee)
    {
        var pod = AddonManifests.Objects(new AddonOptions { Overlay = AddonOverlay.Dra, WithDescribedMachines = true, Machine = machine })
            .Single(one => one is { Kind: "DaemonSet", Name: "casemate-quote-helper" }).At("spec", "template", "spec")!.Value;
        Assert.Equal("true", pod.GetProperty("nodeSelector").GetProperty(label).GetString());
        Assert.Equal(
            ["--simulated-tee", tee], pod.GetProperty("containers")[0].GetProperty("args").EnumerateArray().TakeLast(2).Select(word => word.GetString()));
    }

    // A device by claim brings its own directory to /var/run/aesmd, in place of a volume that is mounted there.
    [Fact]
    public void WhereDevicesComeByClaims_TheQuoteHelperClaimsItsOwn_AndListensBesideWhatTheyBring()
    {
        var helper = AddonManifests.Objects(new AddonOptions { Overlay = AddonOverlay.Dra, WithQuoteHelper = true });
        var pod = helper.Single(one => one is { Kind: "DaemonSet", Name: "casemate-quote-helper" }).At("spec", "template", "spec")!.Value;
        var template = pod.GetProperty("resourceClaims")[0].GetProperty("resourceClaimTemplateName").GetString();
        var requests = helper.Single(one => one.Kind == "ResourceClaimTemplate" && one.Name == template && one.Namespace == AddonOptions.NodeNamespace)
            .ListAt("spec", "spec", "devices", "requests");
        Assert.Equal(
            ["sgx-enclave", "sgx-provision"], requests.Select(one => one.GetProperty("exactly").GetProperty("deviceClassName").GetString()));
        var container = pod.GetProperty("containers")[0];
        Assert.Equal(
            pod.GetProperty("resourceClaims")[0].GetProperty("name").GetString(),
            container.GetProperty("resources").GetProperty("claims")[0].GetProperty("name").GetString());
        Assert.False(container.GetProperty("resources").GetProperty("limits").TryGetProperty("sgx.intel.com/enclave", out _));
        var mounts = container.GetProperty("volumeMounts").EnumerateArray().ToDictionary(
            mount => mount.GetProperty("name").GetString()!, mount => mount.GetProperty("mountPath").GetString()!);
        var socket = container.GetProperty("args").EnumerateArray().Select(word => word.GetString()!).ToList() is var args
            ? args[args.IndexOf("--socket") + 1] : "";
        Assert.Equal(mounts["aesmd"], Path.GetDirectoryName(socket));
        Assert.DoesNotContain("/var/run/aesmd", mounts.Values);
        Assert.Contains(
            socket, container.GetProperty("readinessProbe").GetProperty("exec").GetProperty("command").EnumerateArray().Select(word => word.GetString()));
    }
}
