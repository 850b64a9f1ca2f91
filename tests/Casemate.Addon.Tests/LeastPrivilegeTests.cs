using YamlDotNet.RepresentationModel;

namespace Casemate.Addon.Tests;

/// <summary>What the manifests ask of a cluster, whatever is chosen: nothing that is not needed.</summary>
public sealed class LeastPrivilegeTests
{
    public static TheoryData<AddonOverlay, bool> Choices
    {
        get
        {
            var data = new TheoryData<AddonOverlay, bool>();
            foreach (var overlay in Enum.GetValues<AddonOverlay>())
            {
                data.Add(overlay, false);
                data.Add(overlay, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void NoContainer_HasPrivilegesOrCapabilities_OrWritesToItsRoot(AddonOverlay overlay, bool quotes)
    {
        foreach (var container in Pods(overlay, quotes).SelectMany(pod => Documents.List(pod, "containers")))
        {
            var security = Documents.At(container, "securityContext");
            Assert.Equal("false", Documents.Text(security, "privileged"));
            Assert.Equal("false", Documents.Text(security, "allowPrivilegeEscalation"));
            Assert.Equal("true", Documents.Text(security, "readOnlyRootFilesystem"));
            Assert.Equal("ALL", ((YamlScalarNode)Assert.Single(Documents.List(security, "capabilities", "drop"))).Value);
            Assert.False(Documents.Has(security["capabilities"], "add"));
            Assert.Equal("RuntimeDefault", Documents.Text(security, "seccompProfile", "type"));
        }
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void NoPod_SharesTheHostsNamespaces(AddonOverlay overlay, bool quotes) => Assert.All(
        Pods(overlay, quotes), pod => Assert.All((string[])["hostNetwork", "hostPID", "hostIPC"], name => Assert.False(Documents.Has(pod, name))));

    [Theory]
    [MemberData(nameof(Choices))]
    public void NoContainer_MountsDevicesOfTheHost_ToBeWritten(AddonOverlay overlay, bool quotes)
    {
        foreach (var pod in Pods(overlay, quotes))
        {
            var paths = Documents.List(pod, "volumes").Where(volume => Documents.Has(volume, "hostPath"))
                .ToDictionary(volume => Documents.Text(volume, "name"), volume => Documents.Text(volume, "hostPath", "path"));
            var writable = Documents.List(pod, "containers").SelectMany(container => Documents.List(container, "volumeMounts"))
                .Where(mount => !Documents.Has(mount, "readOnly") && paths.ContainsKey(Documents.Text(mount, "name")))
                .Select(mount => paths[Documents.Text(mount, "name")]);
            Assert.All(writable, path => Assert.True(
                path.StartsWith("/var/lib/kubelet/device-plugins", StringComparison.Ordinal)
                || path.StartsWith("/var/lib/kubelet/plugins", StringComparison.Ordinal)
                || path is "/var/run/cdi" or "/var/run/aesmd" or "/var/run/casemate/aesm" or "/var/lib/casemate"
                    or "/sys/kernel/config/tsm/report", path));
        }
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void EveryContainer_SaysWhatItNeeds_AndIsAsked(AddonOverlay overlay, bool quotes) => Assert.All(
        Pods(overlay, quotes).SelectMany(pod => Documents.List(pod, "containers")), container =>
        {
            Assert.True(Documents.Has(Documents.At(container, "resources", "requests"), "memory"));
            Assert.True(Documents.Has(Documents.At(container, "resources", "requests"), "cpu"));
            Assert.True(Documents.Has(Documents.At(container, "resources", "limits"), "memory"));
            Assert.True(Documents.Has(container, "readinessProbe"));
        });

    [Theory]
    [MemberData(nameof(Choices))]
    public void EveryObject_IsMadeOnce_AfterItsNamespace(AddonOverlay overlay, bool quotes)
    {
        var documents = Documents.Of(AddonManifests.Render(new AddonOptions { Overlay = overlay, WithQuoteHelper = quotes }));
        Assert.Equal(documents.Count, documents.Select(Documents.Key).Distinct().Count());
        Assert.Equal("Namespace", Documents.Text(documents[0], "kind"));
    }

    [Fact]
    public void OnlyTheNodesOwnAccounts_AreBound()
    {
        var documents = Documents.Of(AddonManifests.Render(new AddonOptions { Overlay = AddonOverlay.Dra, WithQuoteHelper = true }));
        var subjects = documents.Where(document => Documents.Text(document, "kind").EndsWith("Binding", StringComparison.Ordinal)
                && Documents.Has(document, "subjects"))
            .SelectMany(document => Documents.List(document, "subjects")).Select(subject => Documents.Text(subject, "name"));
        Assert.Equal(["casemate-node", "casemate-webhook"], subjects.Distinct().Order());
        var verbs = documents.Where(document => Documents.Has(document, "rules")).SelectMany(role => Documents.List(role, "rules"))
            .SelectMany(rule => Documents.List(rule, "verbs")).Select(verb => ((YamlScalarNode)verb).Value);
        Assert.DoesNotContain("*", verbs);
    }

    [Fact]
    public void TheWebhook_IsNoRoot_HasNothingOfTheHost_AndSurvivesADrain()
    {
        var documents = Documents.Of(AddonManifests.Render(new AddonOptions()));
        var pod = Documents.At(
            documents.Single(document => Documents.Text(document, "kind") == "Deployment"), "spec", "template", "spec");
        Assert.Equal("true", Documents.Text(pod, "securityContext", "runAsNonRoot"));
        Assert.All(Documents.List(pod, "volumes"), volume => Assert.False(Documents.Has(volume, "hostPath")));
        Assert.Contains(documents, document => Documents.Text(document, "kind") == "PodDisruptionBudget");
        var own = documents.Single(document => Documents.Text(document, "kind") == "Namespace"
            && Documents.Text(document, "metadata", "name") == AddonOptions.SystemNamespace);
        Assert.Contains("restricted", Documents.Canonical(own));
    }

    [Fact]
    public void TheWebhooksConfigurations_ComeLast_AndLockNoCluster()
    {
        var documents = Documents.Of(AddonManifests.Render(new AddonOptions { WithQuoteHelper = true }));
        Assert.Equal(
            ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"], documents.TakeLast(2).Select(document => Documents.Text(document, "kind")));
        Assert.All(documents.TakeLast(2).SelectMany(document => Documents.List(document, "webhooks")), hook =>
        {
            Assert.Equal("Ignore", Documents.Text(hook, "failurePolicy"));
            Assert.Contains($"'{AddonOptions.SystemNamespace}'", Documents.Canonical(hook["namespaceSelector"]), StringComparison.Ordinal);
            Assert.Contains("'kube-system'", Documents.Canonical(hook["namespaceSelector"]), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void WithoutTheWebhook_NothingOfItIsMade() => Assert.DoesNotContain(
        "webhook", AddonManifests.Render(new AddonOptions { WithWebhook = false }), StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<YamlNode> Pods(AddonOverlay overlay, bool quotes) =>
        Documents.Of(AddonManifests.Render(new AddonOptions { Overlay = overlay, WithQuoteHelper = quotes }))
            .Where(document => Documents.Text(document, "kind") is "DaemonSet" or "Deployment")
            .Select(document => Documents.At(document, "spec", "template", "spec"));
}
