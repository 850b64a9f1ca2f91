using System.Text.Json;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Enforcement;

namespace Casemate.Node.Description;

/// <summary>What was found on a node, and what will be offered of it and why.</summary>
/// <param name="Title">What the machine is, in a sentence; empty when nothing more than its name is known.</param>
/// <param name="Hardware">What was found.</param>
/// <param name="Plan">What will be offered.</param>
public sealed record NodeDescription(string Title, NodeHardware Hardware, AdvertisementPlan Plan)
{
    /// <summary>The agent that offers it; null when none does, or none was asked.</summary>
    public RunningAgent? Agent { get; init; }

    /// <summary>What to expect of the enforcement of EPC limits; null: nothing is said of it. Default null.</summary>
    public EpcEnforcementStatus? Enforcement { get; init; }

    /// <summary>Writes the members of its JSON form; the braces are the caller's.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        NodeDescriptionJson.WriteMembers(json, this);
    }

    /// <summary>Its form for people, a line an item; lines are not wrapped.</summary>
    public IReadOnlyList<string> ToLines() => new NodeDescriptionText(this).Lines();
}
