using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Casemate.KataPolicy;

/// <summary>One change of an honest request.</summary>
/// <param name="Data">The policy's data.</param>
/// <param name="Container">The container that the request is about; null for requests about the sandbox.</param>
/// <param name="Kind">The request.</param>
/// <param name="Path">The field, such as <c>OCI.Process.Args[1]</c>.</param>
/// <param name="Change">What was done: <c>change</c>, <c>remove</c>, <c>add</c> or <c>order</c>.</param>
/// <param name="Before">The field's value before; null for none.</param>
/// <param name="Body">The request as it was changed.</param>
internal sealed partial record AttackContext(
    PolicyData Data, ContainerPolicy? Container, string Kind, string Path, string Change, JsonNode? Before, JsonObject Body)
{
    /// <summary>The path with <c>[*]</c> for positions.</summary>
    internal string Pattern { get; } = Position().Replace(Path, "[*]");

    internal string BeforeText => Before is JsonValue value
        && value.TryGetValue<string>(out var text) ? text : Before?.ToJsonString() ?? "";

    [GeneratedRegex(@"\[[0-9]+\]")]
    private static partial Regex Position();
}
