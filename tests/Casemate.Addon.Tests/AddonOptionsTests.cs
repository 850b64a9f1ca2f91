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
}
