using System.Text;
using System.Text.Json;

namespace Casemate.KataPolicy;

/// <summary>Finds the line of a policy at which a field of a container stands.</summary>
public static class PolicyPlace
{
    /// <summary>The line, counted from 1; 0 when the field is not in the policy's data.</summary>
    /// <param name="policy">The Rego text.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="path">A field of a request, such as <c>OCI.Process.Args</c>; the longest part of it that is found counts.</param>
    public static int LineOf(string policy, string container, string path)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(path);
        var at = PolicyDataText.FindMarker(policy);
        if (at < 0 || !PolicyDataText.TryReadPolicy(policy, out var data, out _))
        {
            return 0;
        }

        var index = data.Containers.Select(one => one.Name).ToList().IndexOf(container);
        if (index < 0)
        {
            return 0;
        }

        at += PolicyDataText.Marker.Length - 1;
        var json = Encoding.UTF8.GetBytes(policy[at..]);
        var offset = Offset(json, index, path.Split('.', '['));
        return policy.AsSpan(0, at).Count('\n') + json.AsSpan(0, (int)offset).Count((byte)'\n') + 1;
    }

    /// <summary>The line of a member of the policy's data, such as <c>containers</c> or <c>sandbox</c>; 0 when the policy has none.</summary>
    /// <param name="policy">The Rego text.</param>
    /// <param name="member">The member's name.</param>
    public static int LineOfMember(string policy, string member)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(member);
        var at = PolicyDataText.FindMarker(policy);
        if (at < 0 || !PolicyDataText.TryReadPolicy(policy, out _, out _))
        {
            return 0;
        }

        at += PolicyDataText.Marker.Length - 1;
        var json = Encoding.UTF8.GetBytes(policy[at..]);
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType is JsonTokenType.PropertyName && reader.ValueTextEquals(member))
            {
                return policy.AsSpan(0, at).Count('\n') + json.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n') + 1;
            }
        }

        return 0;
    }

    /// <summary>
    /// The line of the first rule that can allow a request, or else of its default; 0 when the policy does not name the request.
    /// </summary>
    /// <param name="policy">The Rego text.</param>
    /// <param name="kind">The request, such as <c>ReadStreamRequest</c>.</param>
    /// <param name="isDefault">Whether the line is the default's, so that no rule can allow the request.</param>
    public static int LineOfRule(string policy, string kind, out bool isDefault)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(kind);
        var (line, byDefault) = (0, 0);
        foreach (var text in policy.AsSpan().EnumerateLines())
        {
            line++;
            if (Begins(text, kind))
            {
                isDefault = false;
                return line;
            }

            if (byDefault == 0 && text.StartsWith("default ") && Begins(text["default ".Length..].TrimStart(), kind))
            {
                byDefault = line;
            }
        }

        isDefault = byDefault > 0;
        return byDefault;
    }

    private static bool Begins(ReadOnlySpan<char> line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal) && (line.Length == name.Length || line[name.Length] is ' ' or '\t' or '=' or ':' or '{');

    // The last of the path's members that is there, in order; they stand in the text in the order of writing.
    private static long Offset(byte[] json, int container, string[] path)
    {
        var reader = new Utf8JsonReader(json);
        var (place, next, element) = (0L, -1, -1);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 2 && reader.TokenType is JsonTokenType.StartObject && next == -1)
            {
                element++;
                if (element == container)
                {
                    (place, next) = (reader.TokenStartIndex, 0);
                }
            }
            else if (next >= 0 && reader.CurrentDepth == 2 && reader.TokenType is JsonTokenType.EndObject)
            {
                break;
            }
            else if (next >= 0 && next < path.Length && reader.TokenType is JsonTokenType.PropertyName
                && reader.CurrentDepth == 3 + next && reader.ValueTextEquals(path[next]))
            {
                place = reader.TokenStartIndex;
                next++;
            }
        }

        return place;
    }
}
