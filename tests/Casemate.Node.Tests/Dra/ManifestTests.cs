using Casemate.Node.Dra;
using Casemate.Testing;
using YamlDotNet.RepresentationModel;

namespace Casemate.Node.Tests.Dra;

/// <summary>The manifests against the field names of resource.k8s.io/v1 and the words that the driver publishes.</summary>
public sealed class ManifestTests
{
    // Below each member the members that it may have; "*": any, "[]": a list of what follows.
    private static readonly Dictionary<string, string[]> Fields = new(StringComparer.Ordinal)
    {
        ["DeviceClass"] = ["apiVersion", "kind", "metadata", "metadata.name", "spec", "spec.selectors", "spec.selectors.cel", "spec.selectors.cel.expression"],
        ["ResourceClaimTemplate"] = ["apiVersion", "kind", "metadata", "metadata.name", "spec", .. Claim("spec.spec")],
        ["ResourceClaim"] = ["apiVersion", "kind", "metadata", "metadata.name", .. Claim("spec")],
        ["Pod"] =
        [
            "apiVersion", "kind", "metadata", "metadata.name", "spec", "spec.restartPolicy", "spec.resourceClaims", "spec.resourceClaims.name",
            "spec.resourceClaims.resourceClaimName", "spec.resourceClaims.resourceClaimTemplateName", "spec.containers", "spec.containers.name",
            "spec.containers.image", "spec.containers.resources", "spec.containers.resources.claims", "spec.containers.resources.claims.name",
            "spec.containers.resources.claims.request",
        ],
    };

    [Theory]
    [InlineData("deploy/bases/dra/10-device-classes.yaml")]
    [InlineData("examples/dra/epc-64mi.yaml")]
    [InlineData("examples/dra/quote-helper.yaml")]
    public void HasOnlyKnownFields(string file)
    {
        var documents = Load(file);
        Assert.NotEmpty(documents);
        foreach (var document in documents)
        {
            var kind = Text(document, "kind");
            Assert.Equal(kind == "Pod" ? "v1" : "resource.k8s.io/v1", Text(document, "apiVersion"));
            Assert.Empty(Paths(document, "").Except(Fields[kind]));
        }
    }

    [Fact]
    public void HasAClass_ForEachKindOfDevice()
    {
        var expressions = Load("deploy/bases/dra/10-device-classes.yaml")
            .Select(one => Text((YamlMappingNode)((YamlSequenceNode)one["spec"]["selectors"])[0]["cel"], "expression")).ToList();

        Assert.Equal(
            Enum.GetValues<DraDeviceKind>().Select(kind => new DraDevice("d", kind, null, 1, []).KindWord)
                .Select(word => $"device.driver == \"{DraNames.Driver}\" && device.attributes[\"{DraNames.Driver}\"].kind == \"{word}\""),
            expressions);
    }

    [Theory]
    [InlineData("examples/dra/epc-64mi.yaml")]
    [InlineData("examples/dra/quote-helper.yaml")]
    public void Asks_ForClassesAndCapacitiesThatExist(string file)
    {
        var classes = Load("deploy/bases/dra/10-device-classes.yaml").Select(one => Text((YamlMappingNode)one["metadata"], "name")).ToList();
        var claim = Load(file)[0];
        var spec = Text(claim, "kind") == "ResourceClaim" ? claim["spec"] : claim["spec"]["spec"];
        foreach (var request in (YamlSequenceNode)spec["devices"]["requests"])
        {
            var exactly = (YamlMappingNode)request["exactly"];
            Assert.Contains(Text(exactly, "deviceClassName"), classes);
            if (exactly.Children.TryGetValue("capacity", out var capacity))
            {
                Assert.Equal([DraNames.Epc], ((YamlMappingNode)capacity["requests"]).Children.Keys.Select(key => ((YamlScalarNode)key).Value));
            }
        }
    }

    [Fact]
    public void Lets_TheAgentDoWhatItDoes()
    {
        var rules = (YamlSequenceNode)Load("deploy/bases/dra/20-rbac.yaml")[0]["rules"];
        var verbs = rules.ToDictionary(
            rule => ((YamlScalarNode)rule["resources"][0]).Value!, rule => ((YamlSequenceNode)rule["verbs"]).Select(verb => ((YamlScalarNode)verb).Value!).ToArray());

        Assert.Equal(["get"], verbs["resourceclaims"]);
        Assert.Equal(["get"], verbs["nodes"]);
        Assert.Equal(["patch"], verbs["resourceclaims/status"]);
        Assert.Equal(["associated-node:patch"], verbs["resourceclaims/driver"]);
        Assert.Equal(["create", "patch"], verbs["events"]);
        Assert.Equal(6, verbs.Count);
        Assert.Equal(["list", "watch", "create", "patch", "delete"], verbs["resourceslices"]);
    }

    private static string[] Claim(string at) =>
    [
        at, $"{at}.devices", $"{at}.devices.requests", $"{at}.devices.requests.name", $"{at}.devices.requests.exactly",
        $"{at}.devices.requests.exactly.deviceClassName", $"{at}.devices.requests.exactly.capacity",
        $"{at}.devices.requests.exactly.capacity.requests", $"{at}.devices.requests.exactly.capacity.requests.epc",
    ];

    private static List<YamlMappingNode> Load(string file)
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(Path.Combine(RepositoryPaths.Root, file));
        yaml.Load(reader);
        return [.. yaml.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    private static string Text(YamlMappingNode node, string name) => ((YamlScalarNode)node[name]).Value!;

    private static IEnumerable<string> Paths(YamlNode node, string at) => node switch
    {
        YamlMappingNode members => members.Children.SelectMany(member =>
        {
            var path = at.Length == 0 ? ((YamlScalarNode)member.Key).Value! : $"{at}.{((YamlScalarNode)member.Key).Value}";
            return Paths(member.Value, path).Prepend(path);
        }),
        YamlSequenceNode items => items.SelectMany(item => Paths(item, at)),
        _ => [],
    };
}
