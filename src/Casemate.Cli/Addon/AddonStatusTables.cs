using System.Text.Json;
using Casemate.Addon;
using Casemate.Cli.Output;

namespace Casemate.Cli.Addon;

/// <summary>The state of an add-on, as tables and as members of a document.</summary>
internal static class AddonStatusTables
{
    /// <summary>One row a part.</summary>
    public static void WriteComponents(ConsoleOutput console, AddonStatus status)
    {
        var table = new TextTable("COMPONENT", "READY", "UPDATED", "IMAGE", "STATE");
        foreach (var one in status.Components)
        {
            table.Add(
                one.IsReady ? Tone.Good : Tone.Bad, one.Name, $"{one.Rollout.Ready}/{one.Rollout.Wanted}", $"{one.Updated}", one.Image,
                one.Rollout.Message);
        }

        table.Write(console);
    }

    /// <summary>One row for what each node offers and each condition of the agent there.</summary>
    public static void WriteNodes(ConsoleOutput console, AddonStatus status)
    {
        var table = new TextTable("NODE", "WHAT", "VALUE", "WHY");
        foreach (var node in status.Nodes)
        {
            foreach (var (name, amount) in node.Allocatable)
            {
                table.Add(Tone.Plain, node.Name, name, amount, "allocatable");
            }

            foreach (var condition in node.Conditions)
            {
                table.Add(Tone.Plain, node.Name, condition.Type, condition.Status, condition.Reason);
            }
        }

        table.Write(console);
    }

    /// <summary>The member <c>components</c>.</summary>
    public static void WriteComponents(Utf8JsonWriter json, AddonStatus status)
    {
        json.WriteStartArray("components");
        foreach (var one in status.Components)
        {
            json.WriteStartObject();
            json.WriteString("name", one.Name);
            json.WriteString("workload", one.Workload);
            json.WriteString("image", one.Image);
            json.WriteNumber("wanted", one.Rollout.Wanted);
            json.WriteNumber("ready", one.Rollout.Ready);
            json.WriteNumber("updated", one.Updated);
            json.WriteBoolean("isReady", one.IsReady);
            json.WriteString("message", one.Rollout.Message);
            AddonReport.WriteTexts(json, "hanging", one.Hanging);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The member <c>nodes</c>.</summary>
    public static void WriteNodes(Utf8JsonWriter json, AddonStatus status)
    {
        json.WriteStartArray("nodes");
        foreach (var node in status.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("name", node.Name);
            json.WriteStartObject("allocatable");
            foreach (var (name, amount) in node.Allocatable)
            {
                json.WriteString(name, amount);
            }

            json.WriteEndObject();
            json.WriteStartArray("conditions");
            foreach (var condition in node.Conditions)
            {
                json.WriteStartObject();
                json.WriteString("type", condition.Type);
                json.WriteString("status", condition.Status);
                json.WriteString("reason", condition.Reason);
                json.WriteString("message", condition.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
