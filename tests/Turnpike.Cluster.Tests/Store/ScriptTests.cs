using System.Text.RegularExpressions;

namespace Turnpike.Cluster.Tests;

/// <summary>What every script has to keep to so that it works in a Redis Cluster, and so that a reader finds his way.</summary>
public sealed partial class ScriptTests
{
    public static TheoryData<string> Scripts() =>
        [.. typeof(ClusterScript).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".lua", StringComparison.Ordinal))
            .Select(name => Path.GetFileNameWithoutExtension(name))];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_documents_its_keys_arguments_and_result_at_its_top(string name)
    {
        string[] head = [.. ClusterScript.Load(name).Text.Split('\n').TakeWhile(line => line.StartsWith("--", StringComparison.Ordinal))];
        Assert.True(head.Length >= 4, $"{name}.lua has no comment at its top.");
        Assert.All((string[])["^-- KEYS[ []", "^-- ARGV[ []", "^-- (Result|Returns) "],
            word => Assert.Contains(head, line => Regex.IsMatch(line, word)));
    }

    // A key made inside a script is unknown to a Cluster's router and to the locks of the embedded store.
    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_touches_no_key_but_those_in_KEYS(string name)
    {
        string code = WithoutAliases(Comment().Replace(ClusterScript.Load(name).Text, ""));
        HashSet<string> keys = [.. KeyVariable().Matches(code).SelectMany(KeyNames)];
        foreach (Match call in Call().Matches(code))
        {
            string command = call.Groups["command"].Value.ToUpperInvariant();
            string key = call.Groups["key"].Value.Trim();
            Assert.True(
                command is "TIME" or "PUBLISH" || key.StartsWith("KEYS[", StringComparison.Ordinal) || keys.Contains(key),
                $"{name}.lua: {command} touches {key}, which is not one of KEYS.");
        }
        // Every way to call that the check above does not see through would be a hole in it.
        Assert.Equal(CallStart().Count(code), Call().Count(code));
    }

    [Fact]
    public void A_script_that_is_not_there_is_an_error() => Assert.Throws<ArgumentException>(() => ClusterScript.Load("none"));

    // local call = redis.call: a shorter name for the same.
    private static string WithoutAliases(string code)
    {
        Match alias = Alias().Match(code);
        if (!alias.Success)
        {
            return code;
        }
        string[] names = alias.Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries);
        string[] values = alias.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries);
        string name = names[Array.IndexOf(values, "redis.call")];
        return Regex.Replace(code.Remove(alias.Index, alias.Length), $@"(?<![\w.]){name}\(", "redis.call(");
    }

    // local a, b = KEYS[1], KEYS[2]: only names at the place of a KEYS[…] count.
    private static IEnumerable<string> KeyNames(Match match)
    {
        string[] names = match.Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries);
        string[] values = match.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries);
        return names.Zip(values).Where(pair => pair.Second.StartsWith("KEYS[", StringComparison.Ordinal)).Select(pair => pair.First);
    }

    [GeneratedRegex("--.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"local (?<names>[\w, ]+?) = (?<values>[^\n]*KEYS\[[^\n]*)")]
    private static partial Regex KeyVariable();

    [GeneratedRegex(@"local (?<names>[\w, ]+?) = (?<values>[^\n()]*redis\.call)\s*\n")]
    private static partial Regex Alias();

    [GeneratedRegex(@"redis\.p?call\(\s*'(?<command>\w+)'\s*(?:,\s*(?<key>[\w.]+(?:\[[^\]]*\])?))?")]
    private static partial Regex Call();

    [GeneratedRegex(@"redis\.p?call\b")]
    private static partial Regex CallStart();
}
