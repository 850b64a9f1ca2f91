using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Which variables a term needs and which it can bind.</summary>
internal static class Variables
{
    /// <summary>All variables of a term; of inner bodies only those that exist outside of them.</summary>
    public static void Free(Term? term, HashSet<int> into)
    {
        switch (term)
        {
            case LocalTerm local:
                into.Add(local.Slot);
                break;
            case ComprehensionTerm comprehension:
                var inner = new HashSet<int>();
                Free(comprehension.Key, inner);
                Free(comprehension.Value, inner);
                foreach (var literal in comprehension.Body)
                {
                    Free(literal, inner);
                }

                inner.ExceptWith(comprehension.Own);
                into.UnionWith(inner);
                break;
            case not null:
                TermParts.ForEach(term, into, Free);
                break;
        }
    }

    public static void FreeAll(Term[] terms, HashSet<int> into)
    {
        foreach (var term in terms)
        {
            Free(term, into);
        }
    }

    public static void Free(Literal literal, HashSet<int> into)
    {
        Free(literal.Right, into);
        foreach (var (target, value) in literal.With)
        {
            Free(target, into);
            Free(value, into);
        }

        if (literal.Kind is LiteralKind.Every)
        {
            var inner = new HashSet<int>();
            foreach (var each in literal.Body)
            {
                Free(each, inner);
            }

            inner.ExceptWith(literal.Own);
            into.UnionWith(inner);
            return;
        }

        Free(literal.Left, into);
        Free(literal.Key, into);
    }

    /// <summary>Adds what the references of a term bind: the variables in their keys, once their heads are bound.</summary>
    public static void ByReferences(Term? term, BoundVariables bound)
    {
        for (var before = -1; before != bound.Count;)
        {
            before = bound.Count;
            References(term, bound);
        }
    }

    private static void References(Term? term, BoundVariables bound)
    {
        switch (term)
        {
            case ReferenceTerm reference:
                References(reference.Head, bound);
                if (Ready(reference.Head, bound))
                {
                    foreach (var key in reference.Path)
                    {
                        References(key, bound);
                        Pattern(key, bound);
                    }
                }

                break;
            case TemplateTerm:
                break;                                                     // a part that is undefined prints as such: it binds nothing
            case not null:
                TermParts.ForEach(term, bound, References);
                break;
        }
    }

    /// <summary>Adds what a pattern binds when it is matched with a value.</summary>
    public static void Pattern(Term? pattern, BoundVariables bound)
    {
        switch (pattern)
        {
            case LocalTerm local:
                bound.Add(local.Slot);
                break;
            case ArrayTerm array:
                Array.ForEach(array.Items, item => Pattern(item, bound));
                break;
            case ObjectTerm members:
                foreach (var (_, value) in members.Members)
                {
                    Pattern(value, bound);
                }

                break;
        }
    }

    /// <summary>Whether a term has a value once these variables are bound.</summary>
    public static bool Ready(Term? term, BoundVariables bound)
    {
        switch (term)
        {
            case null or ConstantTerm or RootTerm:
                return true;
            case LocalTerm local:
                return bound.Contains(local.Slot);
            default:
                var free = new HashSet<int>();
                Free(term, free);
                return bound.Covers(free);
        }
    }

    /// <summary>The variables bound after a literal; null when it cannot run yet.</summary>
    public static BoundVariables? After(Literal literal, BoundVariables bound)
    {
        foreach (var (_, value) in literal.With)
        {
            if (!Ready(value, bound))
            {
                return null;
            }
        }

        var after = new BoundVariables(bound);
        var free = new HashSet<int>();
        Free(literal, free);
        if (bound.Covers(free))
        {
            return after;
        }

        if (literal.Negated)
        {
            return null;
        }

        switch (literal.Kind)
        {
            case LiteralKind.Unify:
                Unify(literal.Left!, literal.Right!, after);
                break;
            case LiteralKind.SomeIn:
                ByReferences(literal.Right, after);
                if (!Ready(literal.Right, after))
                {
                    return null;
                }

                Pattern(literal.Key, after);
                Pattern(literal.Left, after);
                break;
            case LiteralKind.Every:
                ByReferences(literal.Right, after);
                break;
            default:
                ByReferences(literal.Left, after);
                break;
        }

        return after.Covers(free) ? after : null;
    }

    /// <summary>Adds what the equation of two terms binds.</summary>
    public static void Unify(Term left, Term right, BoundVariables bound)
    {
        for (var before = -1; before != bound.Count;)
        {
            before = bound.Count;
            ByReferences(left, bound);
            ByReferences(right, bound);
            Equation(left, right, bound);
        }
    }

    private static void Equation(Term left, Term right, BoundVariables bound)
    {
        if (Ready(left, bound))
        {
            Pattern(right, bound);
        }
        else if (Ready(right, bound))
        {
            Pattern(left, bound);
        }
        else if (left is ArrayTerm a && right is ArrayTerm b && a.Items.Length == b.Items.Length)
        {
            for (var i = 0; i < a.Items.Length; i++)
            {
                Equation(a.Items[i], b.Items[i], bound);
            }
        }
        else if (left is ObjectTerm x && right is ObjectTerm y)
        {
            foreach (var (key, value) in x.Members)
            {
                if (key is ConstantTerm constant)
                {
                    foreach (var (_, other) in y.Members.Where(m => m.Key is ConstantTerm k && k.Value.Equals(constant.Value)))
                    {
                        Equation(value, other, bound);
                    }
                }
            }
        }
        else
        {
            Mixed(left, right, bound);
            Mixed(right, left, bound);
        }
    }

    // One side written out, the other a constant with the same shape.
    private static void Mixed(Term left, Term right, BoundVariables bound)
    {
        if (right is ConstantTerm)
        {
            Pattern(left, bound);
        }
    }
}
