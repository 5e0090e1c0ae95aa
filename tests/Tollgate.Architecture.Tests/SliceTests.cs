using System.Text.RegularExpressions;

namespace Tollgate.Architecture.Tests;

/// <summary>Inside Tollgate.Modules: slices call earlier slices, through use cases only, and keep to their own tables.</summary>
public sealed partial class SliceTests
{
    private static readonly IReadOnlyList<SourceFile> Modules =
        [.. SourceTree.Source.Where(file => file.Project == "Tollgate.Modules")];

    [Fact]
    public void Slices_call_only_earlier_slices() => Faults.None(OrderFaults(Modules));

    [Fact]
    public void Stores_stay_inside_their_slice() => Faults.None(StoreFaults(Modules));

    [Fact]
    public void Slices_touch_only_their_own_tables()
    {
        var migrations = SourceTree.Paths
            .Where(path => path.StartsWith("src/Tollgate.Storage/Migrations/", StringComparison.Ordinal)
                && path.EndsWith(".sql", StringComparison.Ordinal))
            .Select(path => (path, SourceTree.Read(path)));
        var owners = TableOwners(migrations, out var faults);
        Faults.None(faults);
        Faults.None(TableFaults(Modules, owners));
    }

    [Theory]
    [InlineData("Catalog", "using Tollgate.Modules.Usage;", 1)]
    [InlineData("Catalog", "using Tollgate.Modules.Webhooks;", 1)]
    [InlineData("Webhooks", "using Tollgate.Modules.Workflows;", 1)]
    [InlineData("Usage", "using Tollgate.Modules.Catalog; using Tollgate.Modules.EventLog;", 0)]
    [InlineData("Accounts", "using Tollgate.Modules.EventLog;", 0)]
    [InlineData("Catalog", "namespace Tollgate.Modules.Catalog;", 0)]
    public void Call_against_the_order_is_found(string slice, string code, int faults)
        => Assert.Equal(faults, OrderFaults([File(slice, code)]).Count());

    [Fact]
    public void Neighbours_of_one_rank_must_not_call_each_other_both_ways()
        => Assert.Single(OrderFaults(
            [File("Accounts", "using Tollgate.Modules.EventLog;"), File("EventLog", "using Tollgate.Modules.Accounts;")]));

    [Fact]
    public void Store_of_another_slice_is_found()
    {
        var store = File("Catalog", "internal sealed class FeatureStore;");
        Assert.Single(StoreFaults([store, File("Usage", "class Report(FeatureStore features);")]));
        Assert.Empty(StoreFaults([store, File("Catalog", "class CreateFeature(FeatureStore features);")]));
    }

    [Fact]
    public void Sql_on_a_table_of_another_slice_is_found()
    {
        var owners = TableOwners(
            [("0001.sql", "-- owner: Catalog\nCREATE TABLE features (id text);\n-- owner: Usage\ncreate table if not exists counters (id text);")],
            out var faults);
        Assert.Empty(faults);
        Assert.Single(TableFaults([File("Usage", "var sql = \"select 1 from counters c JOIN features f on 1 = 1\";")], owners));
        Assert.Single(TableFaults([File("Usage", "AggregateTable<Feature> rows = new(\"features\");")], owners));
        Assert.Empty(TableFaults([File("Usage", "var sql = \"\"\"\n update counters set n = 1 \"\"\"; // from features")], owners));
    }

    [Fact]
    public void Table_without_an_owner_is_found()
    {
        TableOwners([("0001.sql", "-- owner: Catalog\ncreate table features (id text); create table products (id text);")], out var faults);
        Assert.Contains("products", Assert.Single(faults), StringComparison.Ordinal);
    }

    private static SourceFile File(string slice, string code) => new($"src/Tollgate.Modules/{slice}/Sample.cs", code);

    private static IEnumerable<string> OrderFaults(IReadOnlyList<SourceFile> files)
    {
        var calls = files
            .Where(file => file.Slice is not null)
            .SelectMany(file => SliceMention().Matches(file.Code).Select(match => match.Groups["slice"].Value)
                .Distinct(StringComparer.Ordinal)
                .Where(target => target != file.Slice && Design.Rank(target) is not null)
                .Select(target => (file.Path, From: file.Slice!, To: target)))
            .ToList();
        foreach (var (path, from, to) in calls)
        {
            var bothReaders = Design.Rank(from) == Design.SliceOrder.Length && Design.Rank(to) == Design.SliceOrder.Length;
            if (bothReaders || Design.Rank(to) > (Design.Rank(from) ?? int.MaxValue))
            {
                yield return $"{path}: {from} must not call {to}; the order is "
                    + string.Join(" -> ", Design.SliceOrder.Select(rank => string.Join(", ", rank)));
            }
            else if (Design.Rank(to) == Design.Rank(from) && string.CompareOrdinal(from, to) < 0
                && calls.Exists(back => back.From == to && back.To == from))
            {
                yield return $"{path}: {from} and {to} call each other";
            }
        }
    }

    private static IEnumerable<string> StoreFaults(IReadOnlyList<SourceFile> files)
    {
        // Stores of mechanisms (folders that are no noun) serve every slice.
        var owners = files
            .Where(file => file.Slice is not null && Design.Rank(file.Slice) is not null)
            .SelectMany(file => StoreDeclaration().Matches(file.Code).Select(match => (Store: match.Groups["store"].Value, file.Slice)))
            .ToLookup(declared => declared.Store, declared => declared.Slice, StringComparer.Ordinal);
        return
            from file in files
            where file.Slice is not null
            from store in StoreMention().Matches(file.Code).Select(match => match.Value).Distinct(StringComparer.Ordinal)
            where owners.Contains(store) && !owners[store].Contains(file.Slice, StringComparer.Ordinal)
            select $"{file.Path}: {store} belongs to {string.Join(", ", owners[store])}; call one of its use cases";
    }

    // A comment "-- owner: Folder" names the owner of the one table that follows it.
    private static Dictionary<string, string> TableOwners(
        IEnumerable<(string Path, string Sql)> migrations, out IReadOnlyList<string> faults)
    {
        var owners = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var found = new List<string>();
        foreach (var (path, sql) in migrations)
        {
            string? owner = null;
            foreach (Match match in OwnerOrTable().Matches(sql))
            {
                if (match.Groups["owner"].Success)
                {
                    owner = match.Groups["owner"].Value;
                }
                else if (owner is null || !Design.Owners.Contains(owner, StringComparer.Ordinal))
                {
                    found.Add($"{path}: put a comment '-- owner: <folder of Modules>' above table {match.Groups["table"].Value}");
                }
                else
                {
                    owners[match.Groups["table"].Value] = owner;
                    owner = null;
                }
            }
        }
        faults = found;
        return owners;
    }

    private static IEnumerable<string> TableFaults(IReadOnlyList<SourceFile> files, Dictionary<string, string> owners)
        => from file in files
           from table in TableMentions(file).Distinct(StringComparer.OrdinalIgnoreCase)
           where owners.TryGetValue(table, out var owner) && owner != file.Slice
           select $"{file.Path}: table {table} belongs to {owners[table]}; call one of its use cases";

    // SQL texts, and the table name that a store hands to AggregateTable.
    private static IEnumerable<string> TableMentions(SourceFile file)
    {
        var inSql = file.Literals.SelectMany(literal => TableMention().Matches(literal)).Select(match => match.Groups["table"].Value);
        return file.Code.Contains("AggregateTable<", StringComparison.Ordinal) ? inSql.Concat(file.Literals) : inSql;
    }

    [GeneratedRegex(@"\bTollgate\.Modules\.(?<slice>[A-Z]\w*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SliceMention();

    [GeneratedRegex(@"\b(class|record|struct|interface)\s+(?<store>\w+Store)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StoreDeclaration();

    [GeneratedRegex(@"\b[A-Z]\w*Store\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StoreMention();

    [GeneratedRegex(
        @"--\s*owner:\s*(?<owner>\w+)|\bcreate\s+table\s+(if\s+not\s+exists\s+)?(?<table>\w+)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex OwnerOrTable();

    [GeneratedRegex(
        @"\b(from|join|into|update)\s+(only\s+)?(?<table>[a-z_]\w*)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TableMention();
}
