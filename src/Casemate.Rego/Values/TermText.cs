using System.Text;

namespace Casemate.Rego;

/// <summary>Values as Rego terms.</summary>
internal static class TermText
{
    public static void Append(StringBuilder text, RegoValue value)
    {
        switch (value)
        {
            case RegoArray array:
                AppendItems(text, '[', array.Items, ']');
                break;
            case RegoSet { Count: 0 }:
                text.Append("set()");
                break;
            case RegoSet set:
                AppendItems(text, '{', set.Items, '}');
                break;
            case RegoObject members:
                text.Append('{');
                for (var i = 0; i < members.Count; i++)
                {
                    text.Append(i == 0 ? "" : ", ");
                    Append(text, members.Keys[i]);
                    text.Append(": ");
                    Append(text, members.Values[i]);
                }

                text.Append('}');
                break;
            default:
                text.Append(value.ToJson());
                break;
        }
    }

    private static void AppendItems(StringBuilder text, char open, ReadOnlySpan<RegoValue> items, char close)
    {
        text.Append(open);
        for (var i = 0; i < items.Length; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Append(text, items[i]);
        }

        text.Append(close);
    }
}
