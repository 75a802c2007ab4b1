// The search and the filters over tools: a form that a browser sends by itself, and the address of what it finds.
import { CATEGORIES } from "../../gate/types.ts";
import { showable } from "../../mcp/showable.ts";
import { type Filter, NO_FILTER, RISKS, SEVERITIES, STATES } from "../tools.ts";
import { nameSignal, STATE_NAMES } from "../words.ts";

/** The address of a list with this filter. */
export function listUrl(base: string, filter: Partial<Filter>, page = 1): string {
  const { text, ...others } = { ...NO_FILTER, ...filter };
  const entries = Object.entries({ q: text, ...others, page: page === 1 ? "" : String(page) });
  const query = new URLSearchParams();
  for (const [key, value] of entries) if (value) query.set(key, value);
  return query.size === 0 ? base : `${base}?${query}`;
}

export function isFiltered(filter: Filter): boolean {
  return Object.values(filter).some((value) => value !== "");
}

type Option = { readonly value: string; readonly name: string };

type FilterFormProps = {
  readonly base: string;
  readonly filter: Filter;
  /** Absent where there is one server only. */
  readonly servers?: readonly Option[];
  readonly signals: readonly string[];
};

export function FilterForm({ base, filter, servers, signals }: FilterFormProps) {
  const plain = (values: readonly string[]): Option[] => values.map((value) => ({ value, name: value }));
  return (
    <search aria-label="Tools">
      <form method="get" action={base} class="filters">
        <p class="field wide">
          <label for="filter-q">Search</label>
          <input
            id="filter-q"
            name="q"
            type="search"
            value={filter.text}
            placeholder="A tool, a server, a word of a description"
          />
        </p>
        {servers !== undefined && <Choice label="Server" name="server" chosen={filter.server} options={servers} />}
        <Choice label="Category" name="category" chosen={filter.category} options={plain(CATEGORIES)} />
        <Choice label="Risk" name="risk" chosen={filter.risk} options={plain(RISKS)} />
        <Choice label="Severity" name="severity" chosen={filter.severity} options={plain(SEVERITIES)} />
        <Choice
          label="Signal"
          name="signal"
          chosen={filter.signal}
          options={signals.map((value) => ({ value, name: nameSignal(value) }))}
        />
        <Choice
          label="Definition"
          name="state"
          chosen={filter.state}
          options={STATES.map((value) => ({ value, name: STATE_NAMES[value] }))}
        />
        <p class="actions">
          <button type="submit">Filter</button>
          {isFiltered(filter) && <a href={base}>Clear</a>}
        </p>
      </form>
    </search>
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly name: string;
  readonly chosen: string;
  readonly options: readonly Option[];
};

function Choice({ label, name, chosen, options }: ChoiceProps) {
  const id = `filter-${name}`;
  // what was chosen may be gone since, or was never there
  const all =
    chosen === "" || options.some(({ value }) => value === chosen)
      ? options
      : [...options, { value: chosen, name: chosen }];
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name}>
        <option value="">Any</option>
        {all.map((option) => (
          <option value={option.value} selected={option.value === chosen}>
            {showable(option.name, 60)}
          </option>
        ))}
      </select>
    </p>
  );
}
