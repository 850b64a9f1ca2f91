using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Casemate.Admission.Tests;

/// <summary>Applies a JSON Patch as RFC 6902 has it, and refuses what the RFC refuses; shares nothing with what makes the patches.</summary>
internal static class JsonPatch
{
    public static JsonNode Apply(string document, IReadOnlyList<PatchOperation> operations)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        PatchDocument.Write(operations, buffer);
        return Apply(JsonNode.Parse(document)!, Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    public static JsonNode Apply(JsonNode document, string patch)
    {
        foreach (var item in (JsonArray)JsonNode.Parse(patch)!)
        {
            var operation = (JsonObject)item!;
            var steps = operation["path"]!.GetValue<string>().Split('/');
            Assert.Equal("", steps[0]);
            var at = document;
            foreach (var step in steps[1..^1])
            {
                at = at switch
                {
                    JsonObject members => members[Unescape(step)],
                    JsonArray list => list[int.Parse(step, NumberStyles.None, CultureInfo.InvariantCulture)],
                    _ => null,
                };
            }

            var last = Unescape(steps[^1]);
            switch (operation["op"]!.GetValue<string>(), at)
            {
                case ("add", JsonObject members):
                    Assert.True(operation.ContainsKey("value"));
                    members[last] = operation["value"]?.DeepClone();
                    break;
                case ("add", JsonArray list) when last == "-":
                    list.Add(operation["value"]?.DeepClone());
                    break;
                case ("remove", JsonObject members):
                    Assert.True(members.Remove(last), $"nothing to remove at {operation["path"]}");
                    break;
                default:
                    Assert.Fail($"{operation.ToJsonString()} does not fit");
                    break;
            }
        }

        return document;
    }

    private static string Unescape(string step) =>
        step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
