using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>
/// Collects operations against a pod that itself never changes. Mappings and lists that are missing are made once, before what goes
/// into them.
/// </summary>
internal sealed class PatchBuilder
{
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);

    public List<PatchOperation> Operations { get; } = [];

    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    public static string Join(string path, params ReadOnlySpan<string> members) => path + KubePatch.Pointer(members);

    public void Set(string path, JsonElement? parent, string member, string value, ChangeId change, string reason)
    {
        Make(path, parent is not null, "{}", change);
        Operations.Add(new PatchOperation(PatchVerb.Add, Join(path, member), value, change, reason));
    }

    public void Append(string path, bool isThere, string value, ChangeId change, string reason)
    {
        Make(path, isThere, "[]", change);
        Operations.Add(new PatchOperation(PatchVerb.Add, path + "/-", value, change, reason));
    }

    public void Remove(string path, string member, ChangeId change, string reason) =>
        Operations.Add(new PatchOperation(PatchVerb.Remove, Join(path, member), null, change, reason));

    public void Make(string path, bool isThere, string empty, ChangeId change)
    {
        if (!isThere && _made.Add(path))
        {
            Operations.Add(new PatchOperation(PatchVerb.Add, path, empty, change, null));
        }
    }
}
