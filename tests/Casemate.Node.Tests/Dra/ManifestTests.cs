using Casemate.Node.Dra;
using Casemate.Testing;
using YamlDotNet.RepresentationModel;

namespace Casemate.Node.Tests.Dra;

/// <summary>The manifests against the words that the driver publishes.</summary>
public sealed class ManifestTests
{
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

    private static List<YamlMappingNode> Load(string file)
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(Path.Combine(RepositoryPaths.Root, file));
        yaml.Load(reader);
        return [.. yaml.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    private static string Text(YamlMappingNode node, string name) => ((YamlScalarNode)node[name]).Value!;
}
