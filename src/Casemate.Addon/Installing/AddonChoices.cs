using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>
/// What an installation was made of, kept in the cluster as a ConfigMap beside the add-on, so that the next command need not be told again.
/// It is one of the objects of the installation, and goes with it.
/// </summary>
internal static class AddonChoices
{
    public const string Name = "casemate-addon-choices";

    public static KubeObject ToObject(AddonOptions options)
    {
        var data = new JsonObject
        {
            ["overlay"] = AddonManifests.NameOf(options.Overlay),
            ["image"] = options.Image,
            ["quoteHelper"] = Word(options.WithQuoteHelper),
            ["webhook"] = Word(options.WithWebhook),
            ["machine"] = options.Machine,
        };
        if (options.WithDescribedMachines)
        {
            data["describedMachines"] = Word(true);
        }

        if (options.QuoteHelperImage is { } helper)
        {
            data["quoteHelperImage"] = helper;
        }

        if (options.LeftToOthers.Count > 0)
        {
            data["leftToOthers"] = string.Join(' ', options.LeftToOthers);
        }

        return KubeObject.From(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = AddonOptions.NodeNamespace },
            ["data"] = data,
        });
    }

    /// <exception cref="AddonException">The ConfigMap was changed into something that no installation writes.</exception>
    public static AddonOptions Read(KubeObject map)
    {
        var data = map.MapAt("data");
        string Text(string key) => data.TryGetValue(key, out var value)
            ? value : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"it has no '{key}'"));
        bool Flag(string key) => Text(key) switch
        {
            "true" => true,
            "false" => false,
            _ => throw Wrong($"'{key}' is neither true nor false"),
        };
        var overlay = Text("overlay");
        var options = new AddonOptions
        {
            Overlay = Enum.GetValues<AddonOverlay>().Cast<AddonOverlay?>()
                .FirstOrDefault(one => AddonManifests.NameOf(one!.Value) == overlay) ?? throw Wrong("its overlay is none"),
            Image = Text("image"),
            QuoteHelperImage = data.GetValueOrDefault("quoteHelperImage"),
            WithQuoteHelper = Flag("quoteHelper"),
            WithWebhook = Flag("webhook"),
            WithDescribedMachines = data.ContainsKey("describedMachines") && Flag("describedMachines"),
            Machine = Text("machine"),
            LeftToOthers = data.GetValueOrDefault("leftToOthers", "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
        };
        options.Check();
        return options;
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static AddonException Wrong(string problem) => new(
        $"the ConfigMap {AddonOptions.NodeNamespace}/{Name}, which remembers how the add-on was installed, cannot be used: {problem}",
        $"Delete it, and install again with all options: kubectl delete configmap -n {AddonOptions.NodeNamespace} {Name}");
}
